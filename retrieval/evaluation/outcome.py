"""One labelled question, asked: what was found, said and cited, and how good each of these is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from generation.agreement import exact_match, token_f1
from retrieval.answers.answering import Answering
from retrieval.answers.records import Answered, Wish
from retrieval.evaluation.questions import LabelledQuestion, labels_of, matches
from retrieval.evaluation.rankings import DEPTHS, recall_at, reciprocal_rank
from retrieval.reranker import find_windows
from retrieval.store.fusion import ndcg
from retrieval.store.store import Store

_WINDOWS = 50
"""Windows that are found for a question, so that ten files are among them as a rule."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Plain data; a measure is None where the labels it needs are missing."""

    question: str
    answerable: bool
    text: str
    """The answer, or what was withheld."""
    abstained: bool
    confidence: float
    cited: tuple[str, ...]
    """Ids of the files cited."""
    ranking: dict[str, float] | None
    """recall@1, recall@5, recall@10, mrr, ndcg@10 over files."""
    exact_match: float | None
    """Of the text, withheld or not, with the best matching right answer."""
    token_f1: float | None
    citation_precision: float | None
    """Share of the citations that lie in a labelled file; None also where there are none."""
    citation_recall: float | None
    """Share of the labelled files that are cited; None for an abstention."""
    seconds: float

    @property
    def loss(self) -> float | None:
        """How wrong the text is; 1 for any answer to a question that has none, None where it is unknown."""
        if not self.answerable:
            return 1.0
        return None if self.token_f1 is None else 1 - self.token_f1


def ask(labelled: LabelledQuestion, store: Store, answering: Answering, wish: Wish) -> Outcome:
    """Search and answer, and compare with the labels."""
    answered = answering.answer(labelled.question, [store], wish)
    said = answered.text or answered.withheld
    precision, recall = _citations(labelled, answered)
    return Outcome(
        question=labelled.question,
        answerable=bool(labelled.answerable),
        text=said,
        abstained=answered.abstained,
        confidence=answered.confidence,
        cited=tuple(dict.fromkeys(one.file_id for one in answered.citations)),
        ranking=_ranking(labelled, store, wish),
        exact_match=_best(exact_match, said, labelled.answers),
        token_f1=_best(token_f1, said, labelled.answers),
        citation_precision=precision,
        citation_recall=recall,
        seconds=round(sum(answered.seconds.values()), 4),
    )


def _ranking(labelled: LabelledQuestion, store: Store, wish: Wish) -> dict[str, float] | None:
    if not labelled.files:
        return None
    found = find_windows(
        store, [labelled.question], _WINDOWS, mode=wish.mode, filters=wish.filters, reranker=wish.reranker
    )
    ranked = labels_of(labelled.files, [(one.file_id, one.file_name) for one in found])
    relevant = frozenset(labelled.files)
    scores = {f"recall@{depth}": recall_at(ranked, relevant, depth) for depth in DEPTHS}
    return {**scores, "mrr": reciprocal_rank(ranked, relevant), "ndcg@10": ndcg(ranked, relevant)}


def _best(score: Callable[[str, str], float], said: str, right: Sequence[str] | None) -> float | None:
    return max((score(said, one) for one in right), default=None) if right else None


def _citations(labelled: LabelledQuestion, answered: Answered) -> tuple[float | None, float | None]:
    if not labelled.files or answered.abstained:
        return None, None
    cited = [
        next((label for label in labelled.files if matches(label, one.file_id, one.filename)), None)
        for one in answered.citations
    ]
    right = [label for label in cited if label is not None]
    precision = len(right) / len(cited) if cited else None
    return precision, len(set(right)) / len(set(labelled.files))
