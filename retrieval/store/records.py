"""What goes into a store and what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from retrieval.embedder import Span

Value = str | int | float | bool
Attributes = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class NewChunk:
    """A span of a file's text to be found; its text is `file.text[start:end]`."""

    start: int
    end: int
    title: str = ""
    """What stands before the text when it is embedded or indexed."""
    page: int | None = None
    context: Span | None = None
    """The wider span that is shown to a reader; the chunk itself where there is none."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file's text with the chunks that were cut from it."""

    id: str
    name: str
    text: str
    chunks: Sequence[NewChunk]
    content_hash: str = ""
    """Hash of the bytes that the text was extracted from."""
    attributes: Attributes = field(default_factory=dict)
    pages: Sequence[int] = ()
    """Where its pages start in the text, in order; empty where it has none."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as the store knows it."""

    id: str
    name: str
    content_hash: str
    attributes: dict[str, Value]
    chunks: int
    characters: int
    created_at: int
    """Seconds since 1970."""
    pages: tuple[int, ...]
    """Where its pages start in the text, in order; empty where it has none."""


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk of a file; `text` is the file's text from `start` to `end`."""

    number: int
    """Place in its file, from 0."""
    start: int
    end: int
    page: int | None
    title: str
    context: Span
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """A chunk that a search found."""

    file_id: str
    file_name: str
    attributes: dict[str, Value]
    chunk: StoredChunk
    score: float
    """Higher is better; comparable only within one search."""
    similarity: float | None
    """Cosine of question and chunk, the best over the questions; None where it was not among the nearest."""
    words: float | None
    """BM25 score as a share of the question's words, the best over the questions; None where it was not
    among the best."""
    pages: tuple[int, ...]
    """Where the pages of its file start in the text, in order; empty where it has none."""
