"""An answer that is a span of a window, chosen by a reader that points and writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from retrieval.answers.draft import Draft, weigh
from retrieval.answers.shown import Shown, citations, grounds
from retrieval.answers.support import Support


class ReadSpan(Protocol):
    """A span of one of the passages that were read."""

    @property
    def passage(self) -> int:
        """Place of the passage in its list."""
        ...

    @property
    def start(self) -> int:
        """Where it begins in the passage."""
        ...

    @property
    def end(self) -> int:
        """Where it ends."""
        ...

    @property
    def probability(self) -> float:
        """That it answers the question."""
        ...


class Readable(Protocol):
    """Anything with a text."""

    @property
    def text(self) -> str:
        """What is read."""
        ...


class SpanReader(Protocol):
    """Points at answers; safe between threads."""

    def read(self, question: str, passages: Sequence[Readable]) -> Sequence[ReadSpan]:
        """The likeliest spans, best first; perhaps none."""
        ...


def point(reader: SpanReader, question: str, windows: Sequence[Shown]) -> Draft:
    """The reader's best span."""
    spans = reader.read(question, windows)
    if not spans:
        return Draft("extractive", "")
    best = spans[0]
    text = windows[best.passage].text[best.start : best.end]
    ground = grounds(question, windows)
    quote = ground.quote_at(best.passage, best.start)
    if quote is None:
        return Draft("extractive", "")
    support = Support((0, len(text)), 1.0, ground.relevance(quote), (quote,))
    evidence = weigh(windows, [support], best.probability)
    return Draft("extractive", text, citations(windows, [support]), evidence)
