"""Documents to passages that a model can be asked about, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_PARAGRAPH = re.compile(r"\S.*(?:\n.*\S.*)*")
_SENTENCE = re.compile(r"\S.*?(?:[.!?…][\"'”’)\]]*(?=\s)|$)", re.DOTALL)  # noqa: RUF001 - curly quotes


@dataclass(frozen=True, slots=True)
class Source:
    """A document."""

    name: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a document."""

    document: str
    """The document's name."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SourcePassage:
    """A stretch of a document with its text."""

    place: Place
    title: str
    text: str


def passages(source: Source, most: int) -> Iterator[SourcePassage]:
    """Neighbouring paragraphs together, none over `most` characters; all text but white space is in one."""
    start, end = 0, 0
    for first, last in _pieces(source.text, most):
        if end > start and last - start > most:
            yield _passage(source, start, end)
            start = first
        start = start if end > start else first
        end = last
    if end > start:
        yield _passage(source, start, end)


def _pieces(text: str, most: int) -> Iterator[tuple[int, int]]:
    """Paragraphs; sentences of long ones; stretches of long sentences."""
    for paragraph in _PARAGRAPH.finditer(text):
        if paragraph.end() - paragraph.start() <= most:
            yield paragraph.span()
            continue
        for sentence in _SENTENCE.finditer(text, *paragraph.span()):
            for first in range(sentence.start(), sentence.end(), most):
                yield first, min(first + most, sentence.end())


def _passage(source: Source, start: int, end: int) -> SourcePassage:
    return SourcePassage(Place(source.name, start, end), source.title, source.text[start:end])
