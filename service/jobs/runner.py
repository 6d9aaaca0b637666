"""Runs one job in a process of its own, watches it, and makes sure that it ends."""

from __future__ import annotations

import subprocess
import time
from typing import Any

from service.errors import RULES, JobCrashed
from service.jobs.process import overdue
from service.jobs.turns import must_wait, turn_of
from service.processes.leash import spawn, stop
from service.settings import Settings
from service.states import Status
from service.storage.data_dir import DataDir
from service.storage.database import once_there_is_room
from service.storage.fine_tuning import forget_files
from service.storage.job import Job, Kind

ATTEMPTS = 3
"""Starts of a job whose process dies without having come further."""
STEPS = ("trial", "metrics", "question")
"""Events that tell that a job came further."""
LOOK_SECONDS = 0.2
GRACE_SECONDS: dict[Kind, float] = {
    "recommendation": 60.0,
    "deployment": 0.0,
    "ingestion": 30.0,
    "fine_tuning": 60.0,
    "evaluation": 60.0,
}
"""Time to wind up after a cancellation or the deadline: a block of samples or a step is finished within it,
and a deployment has nothing to keep."""


class Runner:
    """Drives jobs from queued to a final state."""

    def __init__(self, settings: Settings, data: DataDir) -> None:
        self._settings = settings
        self._data = data

    def run(self, job_id: str, turn_id: str) -> str:
        """Take a job through its turn and give back its status; one that is past that is left alone."""
        job = self._data.jobs.get(job_id)
        if job is None or job.finished or turn_of(self._data.jobs, job).id != turn_id:
            return "gone" if job is None else job.status
        if must_wait(self._data.jobs, job):
            self._move(job, "queued", only_from="running")
            return self._current(job).status
        stage: Status = "validating_files" if job.status == "validating_files" else "running"
        self._move(job, stage)
        deadline = time.monotonic() + self._settings.job_timeout_seconds
        self._try(job, stage, deadline)
        if self._current(job).status == stage:
            self._give_up(job, time.monotonic() >= deadline)
        current = self._current(job)
        if current.finished:
            forget_files(self._data.folder(job.kind, job.id))
        return current.status

    def _try(self, job: Job, stage: Status, deadline: float) -> None:
        """Start the job's process until it has left the stage, or died too often at one place."""
        attempts, reached = 0, self._reached(job)
        while attempts < ATTEMPTS and time.monotonic() < deadline:
            current = self._current(job)
            if current.status != stage or (current.cancel_requested and not GRACE_SECONDS[job.kind]):
                return
            self._attempt(job, max(0.0, deadline - time.monotonic()))
            before, reached = reached, self._reached(job)
            attempts = 1 if reached > before else attempts + 1

    def _reached(self, job: Job) -> int:
        """The number of the last event that tells of progress."""
        latest = self._data.jobs.latest(job.id, STEPS)
        return latest.seq if latest else 0

    def _attempt(self, job: Job, seconds_left: float) -> None:
        log_path = self._data.log(job.id)
        log_path.parent.mkdir(exist_ok=True)
        with log_path.open("ab") as log:
            process = spawn("service.jobs.process", [job.id, str(seconds_left)], log=log)
            try:
                self._watch(process, job, time.monotonic() + seconds_left)
            finally:
                stop(process)

    def _watch(self, process: subprocess.Popen[bytes], job: Job, deadline: float) -> None:
        """Return when the process ended, or did not wind up in time."""
        grace = GRACE_SECONDS[job.kind]
        last = deadline + grace
        while process.poll() is None and time.monotonic() < last:
            time.sleep(LOOK_SECONDS)
            if self._current(job).cancel_requested:
                last = min(last, time.monotonic() + grace)

    def _give_up(self, job: Job, late: bool) -> None:
        if self._current(job).cancel_requested:
            self._move(job, "cancelled")
        else:
            self._move(job, "failed", error=overdue(self._settings) if late else crashed())

    def _move(self, job: Job, target: Status, **told: Any) -> None:
        """Move the job, once the disk takes it: nobody else would."""
        once_there_is_room(lambda: self._data.jobs.move(job.id, target, **told))

    def _current(self, job: Job) -> Job:
        return self._data.jobs.get(job.id) or job


def crashed() -> dict[str, str | None]:
    """The error of a job whose process died again and again."""
    message = (
        f"The process of the job died {ATTEMPTS} times, perhaps for want of memory; its log lies in the "
        "data directory under logs. Use less data or a smaller model, and post it again."
    )
    return {"code": RULES[JobCrashed].code, "message": message, "param": None}
