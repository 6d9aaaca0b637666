"""The port to models that read a question together with a text, and the new order that they give."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from retrieval.errors import NoRerankerError
from retrieval.store.filters import Filter
from retrieval.store.records import Found
from retrieval.store.searching import Mode
from retrieval.store.store import Store

DEPTH = 30
"""Windows that are read for a search that asks for fewer: each costs a run of the model."""


class Reranker(Protocol):
    """Judges texts by reading each together with the question; safe between threads."""

    def score(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """How well each text answers the question, 0 to 1."""
        ...


def required(reranker: Reranker | None) -> Reranker:
    """The re-ranker that somebody asks for.

    Raises:
        NoRerankerError: there is none.
    """
    if reranker is None:
        raise NoRerankerError(
            "This server has no re-ranker; choose another ranker, or set TRIVIUM_RERANKER_FOLDER."
        )
    return reranker


def find_windows(
    store: Store,
    questions: Sequence[str],
    count: int,
    *,
    mode: Mode = "hybrid",
    filters: Filter | None = None,
    threshold: float | None = None,
    reranker: Reranker | None = None,
) -> list[Found]:
    """The best windows for a question, or for several ways to ask it, best first; at most `count`.

    With a re-ranker the best windows of the search are read again; scores and threshold are of its kind.
    """
    if reranker is None:
        return store.search(questions, count, mode=mode, filters=filters, threshold=threshold)
    candidates = store.search(questions, max(count, DEPTH), mode=mode, filters=filters)
    return rerank(reranker, questions, candidates, threshold)[:count]


def rerank(
    reranker: Reranker, questions: Sequence[str], found: Iterable[Found], threshold: float | None = None
) -> list[Found]:
    """What was found by its new scores, best first, equal ones as they were; of several questions the best.

    Chunks are read with their titles, as they were embedded; those under the threshold are left out.
    """
    old = list(found)
    texts = [f"{one.chunk.title}\n{one.chunk.text}" if one.chunk.title else one.chunk.text for one in old]
    each = [reranker.score(question, texts) for question in questions]
    scores = [float(max(of_one)) for of_one in zip(*each, strict=True)]
    new = [replace(one, score=score) for one, score in zip(old, scores, strict=True)]
    floor = float("-inf") if threshold is None else threshold
    return sorted((one for one in new if one.score >= floor), key=lambda one: -one.score)
