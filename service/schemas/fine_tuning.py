"""Fine-tuning jobs, their events and checkpoints, in OpenAI's shapes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from finetune.backends.port import Level
from service.jobs.training_events import CHECKPOINT, MESSAGE, METRICS, PLAN
from service.jobs.turns import PAUSE, RESUME
from service.schemas.fine_tuning_body import CreateJob
from service.schemas.lists import Identified
from service.schemas.recommendations import JobError
from service.states import Status
from service.storage.fine_tuning import FineTuningSpec, checkpoint_name
from service.storage.job import Job, JobEvent

ORGANIZATION = "org-trivium"
TOLD = ("status", MESSAGE, PLAN, METRICS, CHECKPOINT, PAUSE, RESUME)
"""Kinds of events that clients see."""
STATUS_WORDS = {
    "validating_files": "Validating training file",
    "queued": "Fine-tuning job queued",
    "running": "Fine-tuning job started",
    "succeeded": "The job has successfully completed",
    "failed": "The job failed due to an error",
    "cancelled": "The job has been cancelled",
}


class JobsQuery(BaseModel):
    """Which page of jobs; `metadata[key]=value` chooses by metadata."""

    model_config = ConfigDict(extra="allow")

    limit: int = Field(20, ge=1, le=100)
    after: str | None = None


class PartQuery(BaseModel):
    """Which page of a job's events or checkpoints."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(20, ge=1, le=100)
    after: str | None = None


class CheckpointsQuery(PartQuery):
    """OpenAI shows fewer of these."""

    limit: int = Field(10, ge=1, le=100)


class EventsQuery(PartQuery):
    """Events can also be followed."""

    stream: bool = False


class FineTuningJob(Identified):
    """One job, finished or not; `paused`, `recipe` and `result` are our own."""

    object: Literal["fine_tuning.job"] = "fine_tuning.job"
    created_at: int
    error: JobError | None
    fine_tuned_model: str | None
    finished_at: int | None
    hyperparameters: dict[str, Any]
    model: str
    organization_id: str = ORGANIZATION
    result_files: list[str]
    seed: int
    status: Status
    trained_tokens: int | None
    training_file: str
    validation_file: str | None
    estimated_finish: int | None
    integrations: list[Any] = Field(default_factory=list)
    metadata: dict[str, str] | None
    method: dict[str, Any]
    paused: bool
    """Asked to wait; its status is queued, for OpenAI has no word for this."""
    recipe: dict[str, Any]
    """The dials as they were posted."""
    result: dict[str, Any] | None
    """Hash of the weights, the best epoch, and why the training ended."""


class FineTuningEvent(Identified):
    """Something that a job tells."""

    object: Literal["fine_tuning.job.event"] = "fine_tuning.job.event"
    created_at: int
    level: Level
    message: str
    type: Literal["message", "metrics"]
    data: dict[str, Any] | None


class FineTuningCheckpoint(Identified):
    """A model as it was after an epoch; it can be chatted with and trained on."""

    object: Literal["fine_tuning.job.checkpoint"] = "fine_tuning.job.checkpoint"
    created_at: int
    fine_tuned_model_checkpoint: str
    fine_tuning_job_id: str
    metrics: dict[str, Any]
    step_number: int


class Standing(BaseModel):
    """The newest events of a job that its object tells of."""

    plan: dict[str, Any] | None
    metrics: dict[str, Any] | None
    paused: bool


def show_job(job: Job, standing: Standing) -> FineTuningJob:
    """A job as the API tells it."""
    spec = FineTuningSpec.of(job)
    body = CreateJob.model_validate(spec.body)
    dials = standing.plan or body.dials.as_told()
    result = job.result or {}
    running = job.status == "running" and standing.metrics is not None
    return FineTuningJob(
        id=job.id,
        created_at=job.created_at,
        error=JobError(**job.error) if job.error else None,
        fine_tuned_model=result["model"] if job.status == "succeeded" else None,
        finished_at=job.finished_at,
        hyperparameters=dials,
        model=body.model,
        result_files=[result["result_file"]] if "result_file" in result else [],
        seed=spec.seed,
        status=job.status,
        trained_tokens=result.get("trained_tokens"),
        training_file=body.training_file,
        validation_file=body.validation_file,
        estimated_finish=standing.metrics["estimated_finish"] if running and standing.metrics else None,
        metadata=spec.metadata,
        method={"type": "supervised", "supervised": {"hyperparameters": dials}},
        paused=standing.paused and not job.finished,
        recipe=body.recipe.model_dump(exclude_none=True),
        result={k: v for k, v in result.items() if k not in ("model", "result_file")} or None,
    )


def event_id(job_id: str, seq: int) -> str:
    """The public id of an event."""
    return f"ftevent-{job_id.removeprefix('ftjob-')}-{seq}"


def show_event(job_id: str, event: JobEvent) -> FineTuningEvent:
    """An event as the API tells it."""
    level, message = _said(event)
    return FineTuningEvent(
        id=event_id(job_id, event.seq),
        created_at=event.created_at,
        level=level,
        message=message,
        type="metrics" if event.kind == METRICS else "message",
        data=event.data["data"] if event.kind == MESSAGE else event.data or None,
    )


def show_checkpoint(job: Job, event: JobEvent) -> FineTuningCheckpoint:
    """A checkpoint as the API tells it."""
    step = int(event.data["step"])
    valid = ("loss", "mean_token_accuracy")
    names = ("step", "train_loss", "train_mean_token_accuracy", *(f"full_valid_{n}" for n in valid))
    metrics = {name: event.data[name] for name in names if event.data[name] is not None}
    metrics |= {f"valid_{n}": metrics[f"full_valid_{n}"] for n in valid if f"full_valid_{n}" in metrics}
    return FineTuningCheckpoint(
        id=checkpoint_id(job.id, event.seq),
        created_at=event.created_at,
        fine_tuned_model_checkpoint=checkpoint_name(job, step),
        fine_tuning_job_id=job.id,
        metrics=metrics,
        step_number=step,
    )


def checkpoint_id(job_id: str, seq: int) -> str:
    """The public id of a checkpoint."""
    return f"ftckpt_{job_id.removeprefix('ftjob-')}-{seq}"


def _said(event: JobEvent) -> tuple[Level, str]:
    if event.kind == MESSAGE:
        return event.data["level"], event.data["message"]
    if event.kind == "status":
        error = event.data.get("error")
        words = STATUS_WORDS[event.data["status"]]
        return ("error", f"{words}: {error['message']}") if error else ("info", words)
    if event.kind == PAUSE:
        return "info", "Pause requested"
    if event.kind == RESUME:
        return "info", "Fine-tuning job resumed"
    if event.kind == PLAN:
        return "info", f"Epochs: {event.data['n_epochs']}; rows of a step: {event.data['batch_size']}"
    step = event.data["step"]
    if event.kind == CHECKPOINT:
        return "info", f"Checkpoint created at step {step}"
    return "info", f"Step {step}/{event.data['total_steps']}: training loss={event.data['train_loss']:.2f}"
