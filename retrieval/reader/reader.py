"""Answers in a passage's own words: exact spans with probabilities. Loads its weights on first use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from retrieval.reader.pieces import Scores, Window, windows
from retrieval.reader.spans import Candidate, Fit, candidates, share

if TYPE_CHECKING:
    from retrieval.reader.network import Network

WEIGHTS = Path(__file__).parent / "weights"
WEIGHTS_FILE = "reader.safetensors"
BATCH_PIECES = 2048
LEAST = 0.001
"""Spans that are less probable are not told."""


class Passage(Protocol):
    """Anything with a text: a hit of a search, a document."""

    @property
    def text(self) -> str:
        """What is read."""
        ...


@dataclass(frozen=True, slots=True)
class Span:
    """An answer; `text == passages[passage].text[start:end]`."""

    passage: int
    start: int
    end: int
    text: str
    probability: float
    """That the answer stands here, among all passages and the case that none of them tells it."""


class Reader:
    """Reads passages for the answer to a question. Safe between threads.

    Args:
        weights: a folder with `reader.safetensors` and `config.json`.
    """

    def __init__(self, weights: Path = WEIGHTS) -> None:
        self._weights = weights
        self._running = Lock()

    def read(self, question: str, passages: Sequence[Passage]) -> list[Span]:
        """Where the answer may stand, the best span first; spans do not overlap.

        The passages are those of a search, best first: the odds of a span are divided by its passage's rank.
        A span has the probability of all that overlap it together, so a later one may have more.
        The probabilities add up to at most 1; the rest is the probability that no passage tells it.
        """
        return self.read_each([(question, passages)])[0]

    def read_each(self, asked: Sequence[tuple[str, Sequence[Passage]]]) -> list[list[Span]]:
        """Read several questions, each with its own passages, in one go."""
        found = self.weigh(asked)
        return [self._spans(of, passages) for of, (_, passages) in zip(found, asked, strict=True)]

    def weigh(self, asked: Sequence[tuple[str, Sequence[Passage]]]) -> list[list[Candidate]]:
        """The likeliest spans of each question with their odds, before these become probabilities."""
        cut = [windows(question, [p.text for p in passages]) for question, passages in asked]
        flat = [
            (number, place, window)
            for number, of_question in enumerate(cut)
            for place, of_passage in enumerate(of_question)
            for window in of_passage
        ]
        found: list[list[Candidate]] = [[] for _ in asked]
        for (number, place, window), scores in zip(flat, self._scores([w for *_, w in flat]), strict=True):
            found[number] += candidates(place, asked[number][1][place].text, window, scores)
        return found

    def _spans(self, found: Sequence[Candidate], passages: Sequence[Passage]) -> list[Span]:
        return [
            Span(c.passage, c.start, c.end, passages[c.passage].text[c.start : c.end], probability)
            for c, probability in share(found, self.fit)
            if probability >= LEAST
        ]

    def _scores(self, of: Sequence[Window]) -> list[Scores]:
        """The scores of each window, computed in batches of like length."""
        scores: dict[int, Scores] = {}
        order = sorted(range(len(of)), key=lambda i: -len(of[i].ids))
        with self._running:
            while order:
                size = max(1, BATCH_PIECES // len(of[order[0]].ids))
                batch, order = order[:size], order[size:]
                scores |= dict(zip(batch, self._network.score([of[i] for i in batch]), strict=True))
        return [scores[i] for i in range(len(of))]

    @cached_property
    def _network(self) -> Network:
        from retrieval.reader.network import Network

        return Network.load(self._weights / WEIGHTS_FILE)

    @cached_property
    def fit(self) -> Fit:
        """What turns log odds into probabilities."""
        kept = json.loads((self._weights / "config.json").read_text("utf-8"))
        return Fit(kept["temperature"], kept["nothing"])
