"""A reader without weights: points at the sentence that shares most words with the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.answers.extractive import Readable
from retrieval.answers.support import Grounds


@dataclass(frozen=True, slots=True)
class Pointed:
    """A sentence of a passage."""

    passage: int
    start: int
    end: int
    probability: float
    """Share of the question's words that stand in it; rare words count more."""


class SentenceReader:
    """Fast, deterministic, blind to meaning; it cannot tell the answer from the sentence around it."""

    def read(self, question: str, passages: Sequence[Readable]) -> list[Pointed]:
        """Sentences that share a word with the question, best first."""
        ground = Grounds(question, [("", one.text) for one in passages])
        found = [Pointed(quote.passage, *quote.span, ground.relevance(quote)) for quote in ground.quotes]
        return sorted((one for one in found if one.probability), key=lambda one: -one.probability)
