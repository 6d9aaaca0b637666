"""A remote fine-tuning job, watched until it is over: its events as they come, and what is wished of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Literal

import openai
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent

from finetune.backends.port import Event, Listener
from finetune.errors import Cancelled, Paused, TrainingError
from finetune.session import Control, Wish

FINAL = ("succeeded", "failed", "cancelled")
POLL_HEADER = "openai-poll-after-ms"
POLL_SECONDS, MOST_POLL_SECONDS = 2.0, 30.0


class Watch:
    """One job."""

    def __init__(self, client: openai.OpenAI, job: FineTuningJob, tell: Listener | None) -> None:
        self._jobs, self._tell = client.fine_tuning.jobs, tell
        self._told: set[str] = set()
        self._is_given_up = False
        self.job = job

    @property
    def is_over(self) -> bool:
        """Whether the job is finished, or was asked to end."""
        return self._is_given_up or self.job.status in FINAL

    def until_finished(self, limit_seconds: float, control: Control | None) -> FineTuningJob:
        """The job as it ended.

        Raises:
            Cancelled, Paused: `control` said so, and the server was told.
            TrainingError: it took too long, and was cancelled.
        """
        deadline = time.monotonic() + limit_seconds
        if _is_paused(self.job) and not (control and control.wish() is Wish.CANCEL):
            self.job = self._jobs.resume(self.job.id)
        while True:
            seconds = self._look()
            if self.is_over:
                return self.job
            self._obey(control.wish() if control else Wish.GO_ON)
            if time.monotonic() + seconds > deadline:
                self._cancel()
                raise TrainingError(
                    f"The remote job {self.job.id} took longer than {limit_seconds:g} seconds and was "
                    "cancelled; give it more time, fewer rows or fewer epochs."
                )
            time.sleep(seconds)

    def _look(self) -> float:
        """Ask for the job and its new events; tells how many seconds to wait before the next time."""
        answer = self._jobs.with_raw_response.retrieve(self.job.id)
        self.job = answer.parse()
        for event in reversed(self._new_events()):
            if self._tell is not None:
                self._tell(_event(event))
        wished = answer.headers.get(POLL_HEADER, "")
        return min(int(wished) / 1000, MOST_POLL_SECONDS) if wished.isdecimal() else POLL_SECONDS

    def _new_events(self) -> list[FineTuningJobEvent]:
        """Those that were not told yet, newest first."""
        found = []
        for event in self._jobs.list_events(self.job.id, limit=100):
            if event.id in self._told:
                break
            found.append(event)
        self._told.update(event.id for event in found)
        return found

    def _obey(self, wish: Wish) -> None:
        if wish is Wish.CANCEL:
            self._cancel()
            raise Cancelled(f"The remote job {self.job.id} was cancelled.")
        if wish is Wish.PAUSE:
            try:
                self.job = self._jobs.pause(self.job.id)
            except openai.APIStatusError:
                self._look()
                if self.is_over:
                    return
                raise
            raise Paused(f"The remote job {self.job.id} was paused; the same order lets it go on.")

    def _cancel(self) -> None:
        self.job = self._jobs.cancel(self.job.id)
        self._is_given_up = True


def _is_paused(job: FineTuningJob) -> bool:
    """OpenAI's own server and Trivium say it differently."""
    return str(job.status) == "paused" or bool((job.model_extra or {}).get("paused"))


def _event(event: FineTuningJobEvent) -> Event:
    level: Literal["info", "warn", "error"] = event.level
    data: Any = event.data
    return Event(event.message, level, data if isinstance(data, Mapping) else None)
