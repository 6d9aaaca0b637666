"""Which piece of work a job waits for: its files to be checked, or itself to be run; nothing while paused."""

from __future__ import annotations

from dataclasses import dataclass

from generation.catalog import is_remote
from service.storage.fine_tuning import FineTuningSpec
from service.storage.job import Job, Kind
from service.storage.jobs import JobStore

VALIDATIONS = "validations"
"""Checks of files do not wait behind trainings."""
PAUSE, RESUME = "pause", "resume"
"""Events with which a client asks for either."""
PAUSABLE: tuple[Kind, ...] = ("fine_tuning",)


@dataclass(frozen=True, slots=True)
class Turn:
    """One passage of a job through the queue."""

    id: str
    """Names the durable workflow; a job that was paused and resumed gets another one."""
    lane: str
    """Jobs wait only for those of the same lane: a kind, or checks of files."""


def turn_of(jobs: JobStore, job: Job) -> Turn:
    """The turn that an unfinished job is in, or waits for."""
    if job.status == "validating_files":
        return Turn(f"{job.id}.files", VALIDATIONS)
    if job.kind not in PAUSABLE:
        return Turn(job.id, job.kind)
    return Turn(f"{job.id}.{jobs.queued_at(job.id)}", job.kind)


def is_paused(jobs: JobStore, job: Job) -> bool:
    """Whether a job was asked to wait; one that runs will do so soon, files are checked all the same."""
    asked = jobs.latest(job.id, (PAUSE, RESUME)) if job.kind in PAUSABLE else None
    return asked is not None and asked.kind == PAUSE


def is_elsewhere(job: Job) -> bool:
    """Whether another server may hold the job, and must be told before it is cancelled here."""
    return job.kind == "fine_tuning" and job.started_at is not None and is_remote(FineTuningSpec.of(job).base)


def must_wait(jobs: JobStore, job: Job) -> bool:
    """Whether a paused job shall get no turn now."""
    return job.status != "validating_files" and is_paused(jobs, job)


def resume(jobs: JobStore, job: Job) -> None:
    """Let a paused job go on. One that waits already is queued anew: its turn may have passed meanwhile."""
    if is_paused(jobs, job):
        jobs.append(job.id, RESUME, {})
        if job.status == "queued":
            jobs.append(job.id, "status", {"status": "queued", "error": None})
