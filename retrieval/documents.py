"""Documents as they come in, and the passages that a search gives back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """A text with a name and a title."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A span of a document that a search found; `text == document.text[start:end]`."""

    document_id: str
    title: str
    text: str
    start: int
    end: int
    score: float
    """Higher is better; comparable only within one search."""
