"""What a vector store, a file in it and a batch of files are, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Value = str | int | float | bool
Shown = Literal["in_progress", "completed", "failed", "cancelled"]
"""OpenAI's words for how a file fares."""
State = Literal["in_progress", "completed", "failed", "cancelled", "cancelling", "removing"]
"""The last two are between: nobody sees the file any more, but its content may still have to go."""
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class VectorStore:
    """A vector store; what can be found in it lies in its folder."""

    id: str
    created_at: int
    last_active_at: int
    name: str
    description: str | None
    metadata: dict[str, str] | None
    expires_after_days: int | None

    @property
    def expires_at(self) -> int | None:
        """When nobody has used it for long enough."""
        days = self.expires_after_days
        return None if days is None else self.last_active_at + days * DAY_SECONDS


@dataclass(frozen=True, slots=True)
class NewMember:
    """A file as it is put into a vector store."""

    file_id: str
    filename: str
    attributes: Mapping[str, Value]
    max_chunk_size_tokens: int
    chunk_overlap_tokens: int
    replaces_name: bool = False
    """Whether it takes the place of all files of its name."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a vector store."""

    id: str
    """That of the uploaded file."""
    vector_store_id: str
    batch_id: str | None
    created_at: int
    status: State
    filename: str
    attributes: dict[str, Value]
    max_chunk_size_tokens: int
    chunk_overlap_tokens: int
    replaces_name: bool
    revision: int
    """Goes up with each wish of a client, so that an older one is not taken for done."""
    attempts: int
    """Times that somebody began to ingest it."""
    usage_bytes: int
    error_code: str | None
    error_message: str | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Files that were put into a vector store together."""

    id: str
    vector_store_id: str
    created_at: int
    cancelled: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """How many files of a vector store or a batch have each status, and what they take."""

    in_progress: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    usage_bytes: int = 0

    @property
    def total(self) -> int:
        """All that can be seen."""
        return self.in_progress + self.completed + self.failed + self.cancelled
