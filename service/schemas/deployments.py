"""Deployments as the API takes and tells them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from service.schemas.lists import Identified
from service.schemas.recommendations import JobError
from service.states import Status
from service.storage.job import Job

NAME_PATTERN = r"^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$"


class DeployRequest(BaseModel):
    """The body of POST /v1/recommendations/{id}/deploy; all of it may be left out."""

    model_config = ConfigDict(extra="forbid")

    method: str | None = Field(None, max_length=300)
    """A measured method; the recommended one where it is left out."""
    name: str | None = Field(None, pattern=NAME_PATTERN)
    """The model name under which it will answer."""


class DeploymentObject(Identified):
    """One deployment, finished or not."""

    object: Literal["deployment"] = "deployment"
    status: Status
    created_at: int
    finished_at: int | None
    model: str
    """The name to chat with once it has succeeded."""
    method: str
    recommendation: str
    error: JobError | None


def show_deployment(job: Job) -> DeploymentObject:
    """A job as the API tells it."""
    assert job.model_name is not None
    return DeploymentObject(
        id=job.id,
        status=job.status,
        created_at=job.created_at,
        finished_at=job.finished_at,
        model=job.model_name,
        method=job.spec["method"],
        recommendation=job.spec["recommendation"],
        error=JobError(**job.error) if job.error else None,
    )
