"""What a search gives a reader: spans of files around the windows that were found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from retrieval.embedder import Span
from retrieval.reranker import Reranker, find_windows
from retrieval.store.errors import UnknownFileError
from retrieval.store.filters import Filter
from retrieval.store.records import Found, Value
from retrieval.store.searching import Mode
from retrieval.store.store import Store

_WINDOWS_PER_PASSAGE = 4
"""Windows looked at for each passage, since several may stand in one span."""


@dataclass(frozen=True, slots=True)
class Passage:
    """The best window that was found in a span of a file; offsets count the file's extracted text."""

    file_id: str
    filename: str
    attributes: Mapping[str, Value]
    score: float
    """Higher is better; comparable only within one search."""
    similarity: float | None
    """Cosine of question and window; None where it was not among the nearest."""
    words: float | None
    """BM25 score of the window as a share of the question's words; None where it was not among the best."""
    quote: str
    """The window that was found."""
    start: int
    end: int
    page: int | None
    """Where the window starts, from 1; None where the format has no pages."""
    text: str
    """The span around it, to be read."""
    text_start: int
    text_end: int


def find_passages(
    store: Store,
    questions: Sequence[str],
    count: int,
    *,
    mode: Mode = "hybrid",
    filters: Filter | None = None,
    threshold: float | None = None,
    reranker: Reranker | None = None,
) -> list[Passage]:
    """The best passages for a question, or for several ways to ask it, best first; no span twice."""
    windows = count * _WINDOWS_PER_PASSAGE
    found = find_windows(
        store, questions, windows, mode=mode, filters=filters, threshold=threshold, reranker=reranker
    )
    best: dict[tuple[str, Span], Found] = {}
    for one in found:
        best.setdefault((one.file_id, one.chunk.context), one)
    return list(islice(_readable(store, best.values()), count))


def _readable(store: Store, found: Iterable[Found]) -> Iterator[Passage]:
    """Passages of those files that were not deleted or replaced since they were found."""
    for one in found:
        start, end = one.chunk.context
        try:
            text = store.text(one.file_id, start, end)
        except UnknownFileError:
            continue
        if text[one.chunk.start - start : one.chunk.end - start] == one.chunk.text:
            yield _passage(one, text)


def _passage(found: Found, text: str) -> Passage:
    start, end = found.chunk.context
    return Passage(
        file_id=found.file_id,
        filename=found.file_name,
        attributes=found.attributes,
        score=found.score,
        similarity=found.similarity,
        words=found.words,
        quote=found.chunk.text,
        start=found.chunk.start,
        end=found.chunk.end,
        page=found.chunk.page,
        text=text,
        text_start=start,
        text_end=end,
    )
