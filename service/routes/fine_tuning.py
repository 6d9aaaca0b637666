"""/v1/fine_tuning/jobs: train a model, watch it, pause it, stop it; in OpenAI's shapes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy.sql.elements import ColumnElement

from service.errors import InvalidRequest, NotReady
from service.fine_tuning_admission import queue_training
from service.jobs import turns
from service.jobs.training_events import METRICS, PLAN
from service.jobs.turns import PAUSE, is_paused
from service.lookups import find_fine_tuning
from service.resources import Here, Resources
from service.routes.recommendations import POLL_MS, IdempotencyKey
from service.schemas.fine_tuning import FineTuningJob, JobsQuery, Standing, show_job
from service.schemas.fine_tuning_body import CreateJob
from service.schemas.lists import ListOf, list_of
from service.storage.fine_tuning import forget_files, metadata_is, metadata_is_null
from service.storage.job import Job
from service.storage.pages import Cursor

router = APIRouter(prefix="/v1/fine_tuning/jobs", tags=["fine-tuning"])
METADATA = re.compile(r"metadata\[(.+)\]")


@router.post("")
def create(
    here: Here, body: CreateJob, response: Response, idempotency_key: IdempotencyKey = None
) -> FineTuningJob:
    """Begin a training; its files are checked next."""
    job = queue_training(here, body, idempotency_key)
    response.headers["location"] = f"/v1/fine_tuning/jobs/{job.id}"
    return _show(here, job, response)


@router.get("")
def list_jobs(here: Here, query: Annotated[JobsQuery, Query()]) -> ListOf[FineTuningJob]:
    """List jobs, newest first; `metadata[key]=value` chooses some of them."""
    page = here.data.jobs.page("fine_tuning", Cursor(query.limit, query.after), *_chosen(query))
    return list_of(page, lambda job: show_job(job, standing_of(here, job)))


@router.get("/{job_id}")
def retrieve(here: Here, job_id: str, response: Response) -> FineTuningJob:
    """One job."""
    return _show(here, find_fine_tuning(here, job_id), response)


@router.post("/{job_id}/cancel")
def cancel(here: Here, job_id: str, response: Response) -> FineTuningJob:
    """Stop a training; its checkpoints stay. A finished one stays as it is."""
    job = find_fine_tuning(here, job_id)
    cancelling = here.data.jobs.ask_to_end if turns.is_elsewhere(job) else here.data.jobs.request_cancel
    cancelling(job_id)
    job = find_fine_tuning(here, job_id)
    if job.finished:
        forget_files(here.data.folder("fine_tuning", job_id))
    return _show(here, job, response)


@router.post("/{job_id}/pause")
def pause(here: Here, job_id: str, response: Response) -> FineTuningJob:
    """Let a training wait: it keeps a checkpoint, goes back to queued, and says `paused`."""
    job = _unfinished(here, job_id)
    if not is_paused(here.data.jobs, job):
        here.data.jobs.append(job_id, PAUSE, {})
    return _show(here, find_fine_tuning(here, job_id), response)


@router.post("/{job_id}/resume")
def resume(here: Here, job_id: str, response: Response) -> FineTuningJob:
    """Let a training go on where it stopped."""
    job = _unfinished(here, job_id)
    turns.resume(here.data.jobs, job)
    return _show(here, find_fine_tuning(here, job_id), response)


def standing_of(here: Resources, job: Job) -> Standing:
    """What a job's newest events tell."""
    plan, metrics = (here.data.jobs.latest(job.id, (kind,)) for kind in (PLAN, METRICS))
    return Standing(
        plan=plan.data if plan else None,
        metrics=metrics.data if metrics else None,
        paused=is_paused(here.data.jobs, job),
    )


def _show(here: Resources, job: Job, response: Response) -> FineTuningJob:
    response.headers["openai-poll-after-ms"] = POLL_MS
    return show_job(job, standing_of(here, job))


def _unfinished(here: Resources, job_id: str) -> Job:
    job = find_fine_tuning(here, job_id)
    if job.finished:
        raise NotReady(f"The job is {job.status}; only one that goes on can be paused or resumed.")
    return job


def _chosen(query: JobsQuery) -> Iterator[ColumnElement[bool]]:
    for name, value in (query.model_extra or {}).items():
        key = METADATA.fullmatch(name)
        if key is not None:
            yield metadata_is(key[1], str(value))
        elif (name, value) == ("metadata", "null"):
            yield metadata_is_null()
        else:
            raise InvalidRequest(f"{name} is not a supported field; leave it out.", name)
