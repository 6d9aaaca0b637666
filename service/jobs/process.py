"""The process of one job: its memory comes back, its crash is a status, and it dies with the worker."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from typing import Any

from advisor.errors import Cancelled
from finetune.errors import Stopped
from service.error_responses import describe
from service.errors import DiskFull, rule_for
from service.jobs.partial import Partial
from service.jobs.stop_signal import StopSignal
from service.jobs.tasks import TASKS, VALIDATIONS
from service.processes.leash import hold
from service.settings import Settings
from service.states import Status
from service.storage.data_dir import DataDir
from service.storage.database import lacks_room, once_there_is_room
from service.storage.job import Job

NICENESS = 5
"""Measuring must not slow down the web process."""
Outcome = tuple[Status, dict[str, Any]]
"""The state that a job goes to, and what is written beside it."""


def main(job_id: str, seconds_left: float) -> None:
    """Do the job and record how it ended."""
    hold()
    os.nice(NICENESS)
    settings = Settings()
    data = DataDir.open(settings.data_dir)
    job = data.jobs.get(job_id)
    if job is not None and not job.finished:
        run_job(settings, data, job, StopSignal(data.jobs, job_id, seconds_left))


def run_job(settings: Settings, data: DataDir, job: Job, stop: StopSignal) -> None:
    """Run a job's task; its outcome becomes the job's state, as soon as the disk takes it."""
    status, told = _outcome(settings, data, job, stop)
    once_there_is_room(lambda: data.jobs.move(job.id, status, **told))


def _outcome(settings: Settings, data: DataDir, job: Job, stop: StopSignal) -> Outcome:
    try:
        if job.status == "validating_files":
            VALIDATIONS[job.kind](settings, data, job)
            return "queued", {}
        return "succeeded", {"result": TASKS[job.kind](settings, data, job, stop)}
    except Partial as partial:
        return _stopped(settings, stop, partial.result)
    except (Cancelled, Stopped):
        return _stopped(settings, stop, None)
    except Exception as error:  # noqa: BLE001 - whatever went wrong must become the job's state
        # A full disk takes no log either.
        with suppress(OSError):
            traceback.print_exc()
        return "failed", {"error": as_error(error)}


def as_error(error: Exception) -> dict[str, Any]:
    """An error as jobs tell it."""
    if lacks_room(error):
        error = DiskFull("The server's disk had no room for the job; make room, and post it again.")
    message, param = describe(error)
    return {"code": rule_for(error).code, "message": message, "param": param}


def _stopped(settings: Settings, stop: StopSignal, result: dict[str, Any] | None) -> Outcome:
    if stop.reason == "paused":
        return "queued", {}
    if stop.reason == "deadline":
        return "failed", {"result": result, "error": overdue(settings)}
    return "cancelled", {"result": result}


def overdue(settings: Settings) -> dict[str, Any]:
    """The error of a job that took too long."""
    message = (
        f"Stopped after {settings.job_timeout_seconds} seconds, the limit of this server; what was done "
        "is kept. Use less data, or raise TRIVIUM_JOB_TIMEOUT_SECONDS."
    )
    return {"code": "deadline_exceeded", "message": message, "param": None}


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
