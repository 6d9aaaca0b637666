"""A file as it comes in, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from retrieval.embedder import Embedder
from retrieval.extraction import Extractor
from retrieval.extraction.process import SECONDS
from retrieval.parents import AUTO, Child, StaticStrategy, children
from retrieval.store.records import NewChunk, NewFile, Value


@dataclass(frozen=True, slots=True)
class Upload:
    """A file's bytes with all that decides what becomes of them."""

    id: str
    name: str
    """Tells the format where the bytes do not, and names the text; it is never opened."""
    data: bytes
    attributes: Mapping[str, Value] = field(default_factory=dict)
    strategy: StaticStrategy = AUTO


@dataclass(frozen=True, slots=True)
class FileError:
    """Why a file cannot be found."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Added:
    """What became of an upload: it can be found now, or there is an error."""

    upload_id: str
    error: FileError | None = None
    chunks: int = 0
    characters: int = 0
    usage_bytes: int = 0
    """Of its text in UTF-8 and of its vectors."""


def fingerprint(data: bytes, strategy: StaticStrategy) -> str:
    """Equal for files that would be stored alike."""
    size, overlap = strategy.max_chunk_size_tokens, strategy.chunk_overlap_tokens
    return f"{sha256(data).hexdigest()}/{size}/{overlap}"


def read_upload(
    upload: Upload, extractor: Extractor, embedder: Embedder, seconds: float = SECONDS
) -> NewFile:
    """The text of a file, cut into windows for finding and spans for reading.

    Raises:
        ExtractionError: there is no text to be had.
    """
    read = extractor.extract(upload.name, upload.data, seconds)
    cut = children(read.text, read.title, read.pages, embedder.token_spans, upload.strategy)
    return NewFile(
        id=upload.id,
        name=upload.name,
        text=read.text,
        chunks=[_chunk(child) for child in cut],
        content_hash=fingerprint(upload.data, upload.strategy),
        attributes=upload.attributes,
        pages=read.pages,
    )


def usage_bytes(file: NewFile, dimensions: int) -> int:
    """What a file takes in a store: its text, and two bytes for each number of its vectors."""
    return len(file.text.encode("utf-8", "replace")) + 2 * dimensions * len(file.chunks)


def _chunk(child: Child) -> NewChunk:
    page = child.pages[0] if child.pages else None
    return NewChunk(child.start, child.end, child.title, page, child.parent)
