"""OpenAI's vector stores."""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from service.schemas.chunking import AUTO_STRATEGY, ChunkingStrategy
from service.schemas.lists import Identified
from service.storage.vector_store import Tally, VectorStore

Name = Annotated[str, StringConstraints(max_length=256)]
Metadata = Annotated[
    dict[Annotated[str, StringConstraints(max_length=64)], Annotated[str, StringConstraints(max_length=512)]],
    Field(max_length=16),
]


class ExpiresAfter(BaseModel):
    """When a vector store that nobody uses is emptied."""

    model_config = ConfigDict(extra="forbid")

    anchor: Literal["last_active_at"]
    days: int = Field(ge=1, le=365)


class VectorStoreCreate(BaseModel):
    """The body that makes a vector store."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    description: Annotated[str, StringConstraints(max_length=2_000)] | None = None
    file_ids: list[str] = Field(default=[], max_length=2_000)
    chunking_strategy: ChunkingStrategy = AUTO_STRATEGY
    expires_after: ExpiresAfter | None = None
    metadata: Metadata | None = None


class VectorStoreUpdate(BaseModel):
    """What can be changed of a vector store; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    expires_after: ExpiresAfter | None = None
    metadata: Metadata | None = None

    def changes(self) -> dict[str, Any]:
        """Columns with their new values."""
        given = self.model_fields_set
        changes: dict[str, Any] = {"metadata": self.metadata} if "metadata" in given else {}
        if "expires_after" in given:
            changes["expires_after_days"] = self.expires_after.days if self.expires_after else None
        return changes | ({"name": self.name} if self.name is not None else {})


class FileCounts(BaseModel):
    """How many files have each status."""

    in_progress: int
    completed: int
    failed: int
    cancelled: int
    total: int


class VectorStoreObject(Identified):
    """One vector store."""

    object: Literal["vector_store"] = "vector_store"
    created_at: int
    name: str
    description: str | None
    usage_bytes: int
    file_counts: FileCounts
    status: Literal["expired", "in_progress", "completed"]
    expires_after: ExpiresAfter | None
    expires_at: int | None
    last_active_at: int
    metadata: dict[str, str] | None


class VectorStoreDeleted(Identified):
    """A vector store that is gone."""

    object: Literal["vector_store.deleted"] = "vector_store.deleted"
    deleted: Literal[True] = True


def is_expired(store: VectorStore) -> bool:
    """Whether its time is over."""
    return store.expires_at is not None and store.expires_at <= time.time()


def show_counts(tally: Tally) -> FileCounts:
    """How many files have each status, as the API tells it."""
    return FileCounts(
        in_progress=tally.in_progress,
        completed=tally.completed,
        failed=tally.failed,
        cancelled=tally.cancelled,
        total=tally.total,
    )


def show_vector_store(store: VectorStore, tally: Tally) -> VectorStoreObject:
    """A vector store as the API tells it."""
    days = store.expires_after_days
    return VectorStoreObject(
        id=store.id,
        created_at=store.created_at,
        name=store.name,
        description=store.description,
        usage_bytes=tally.usage_bytes,
        file_counts=show_counts(tally),
        status="expired" if is_expired(store) else "in_progress" if tally.in_progress else "completed",
        expires_after=ExpiresAfter(anchor="last_active_at", days=days) if days else None,
        expires_at=store.expires_at,
        last_active_at=store.last_active_at,
        metadata=store.metadata,
    )
