"""Recommendations as the API tells them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from service.schemas.lists import Identified
from service.states import Status
from service.storage.job import Job, JobEvent


class JobError(BaseModel):
    """Why a job failed."""

    code: str
    message: str
    param: str | None = None


class ExtendRequest(BaseModel):
    """What is added to a finished recommendation."""

    model_config = ConfigDict(extra="forbid")

    samples: list[dict[str, Any]] = []
    """More of them, each with input and output."""
    budget: dict[str, Any] | None = None
    """Instead of the present one, in all: what was spent before counts. An empty one does not bind."""


class RecommendationObject(Identified):
    """One recommendation, finished or not."""

    object: Literal["recommendation"] = "recommendation"
    status: Status
    created_at: int
    started_at: int | None
    finished_at: int | None
    name: str
    model: str
    models: tuple[str, ...] = ()
    """All of them, where several are compared."""
    preset: str
    seed: int
    samples: int
    documents: int
    extends: str | None = None
    """The recommendation that it goes on from."""
    estimate: dict[str, Any]
    progress: dict[str, Any] | None
    """The latest event: message, finished and total trials, standing of the methods."""
    result: dict[str, Any] | None
    """Verdict, recommended method and the advice in words; the whole is in report.json."""
    error: JobError | None


def show_recommendation(job: Job, latest: JobEvent | None) -> RecommendationObject:
    """A job as the API tells it."""
    return RecommendationObject(
        id=job.id,
        status=job.status,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        progress=latest.data if latest else None,
        result=job.result,
        error=JobError(**job.error) if job.error else None,
        **job.spec,
    )
