"""What a job is, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from service.states import FINAL, Status

Kind = Literal["recommendation", "deployment", "ingestion", "fine_tuning", "evaluation"]


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job as it is asked for."""

    id: str
    kind: Kind
    spec: dict[str, Any]
    """What it needs to know, small; large inputs lie in its folder."""
    body_hash: str
    idempotency_key: str | None = None
    model_name: str | None = None
    """The name under which a deployment or a fine-tuned model will answer."""
    status: Status = "queued"
    """The state that it begins in."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is stored."""

    id: str
    kind: Kind
    status: Status
    created_at: int
    spec: dict[str, Any]
    body_hash: str
    idempotency_key: str | None = None
    model_name: str | None = None
    started_at: int | None = None
    finished_at: int | None = None
    cancel_requested: bool = False
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None

    @property
    def finished(self) -> bool:
        """Whether it will never change again."""
        return self.status in FINAL


@dataclass(frozen=True, slots=True)
class JobEvent:
    """One entry of a job's history."""

    seq: int
    kind: str
    created_at: int
    data: dict[str, Any]
