"""The process of one job: its memory comes back, its crash is a status, and it dies with the worker."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any

from advisor.errors import Cancelled
from finetune.errors import Stopped
from service.error_responses import describe
from service.errors import rule_for
from service.jobs.partial import Partial
from service.jobs.stop_signal import StopSignal
from service.jobs.tasks import TASKS, VALIDATIONS
from service.processes.leash import hold
from service.settings import Settings
from service.storage.data_dir import DataDir
from service.storage.job import Job

NICENESS = 5
"""Measuring must not slow down the web process."""


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
    """Run a job's task; its outcome becomes the job's state."""
    try:
        if job.status == "validating_files":
            VALIDATIONS[job.kind](settings, data, job)
            data.jobs.move(job.id, "queued")
        else:
            data.jobs.move(job.id, "succeeded", result=TASKS[job.kind](settings, data, job, stop))
    except Partial as partial:
        _stopped(settings, data, job, stop, partial.result)
    except (Cancelled, Stopped):
        _stopped(settings, data, job, stop, None)
    except Exception as error:  # noqa: BLE001 - whatever went wrong must become the job's state
        traceback.print_exc()
        data.jobs.move(job.id, "failed", error=as_error(error))


def as_error(error: Exception) -> dict[str, Any]:
    """An error as jobs tell it."""
    message, param = describe(error)
    return {"code": rule_for(error).code, "message": message, "param": param}


def _stopped(
    settings: Settings, data: DataDir, job: Job, stop: StopSignal, result: dict[str, Any] | None
) -> None:
    if stop.reason == "paused":
        data.jobs.move(job.id, "queued")
    elif stop.reason == "deadline":
        data.jobs.move(job.id, "failed", result=result, error=overdue(settings))
    else:
        data.jobs.move(job.id, "cancelled", result=result)


def overdue(settings: Settings) -> dict[str, Any]:
    """The error of a job that took too long."""
    message = (
        f"Stopped after {settings.job_timeout_seconds} seconds, the limit of this server; what was done "
        "is kept. Use less data, or raise TRIVIUM_JOB_TIMEOUT_SECONDS."
    )
    return {"code": "deadline_exceeded", "message": message, "param": None}


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
