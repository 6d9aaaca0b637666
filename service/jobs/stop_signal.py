"""The question "should I stop?" as a job's process asks it, many times a second."""

from __future__ import annotations

import time
from typing import Literal

from service.jobs.turns import is_paused
from service.storage.jobs import JobStore

LOOK_SECONDS = 0.5
Reason = Literal["cancelled", "paused", "deadline"]


class StopSignal:
    """True once the job shall be cancelled or paused, or its time is over."""

    def __init__(self, jobs: JobStore, job_id: str, seconds_left: float) -> None:
        self._jobs = jobs
        self._job_id = job_id
        self._deadline = time.monotonic() + seconds_left
        self._next_look = 0.0
        self.reason: Reason | None = None

    def __call__(self) -> bool:
        """Look at the clock, and twice a second at the database."""
        now = time.monotonic()
        if self.reason is None and now >= self._next_look:
            self._next_look = now + LOOK_SECONDS
            self.reason = self._look(now)
        return self.reason is not None

    def _look(self, now: float) -> Reason | None:
        job = self._jobs.get(self._job_id)
        if job is None or job.cancel_requested:
            return "cancelled"
        if is_paused(self._jobs, job):
            return "paused"
        return "deadline" if now >= self._deadline else None
