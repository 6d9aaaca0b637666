"""What a training tells, as the events of its job; after a restart nothing is told twice."""

from __future__ import annotations

import time
from typing import Any

from finetune.backends.port import Event, Level, Order
from finetune.progress import Progress, metrics_of
from finetune.recipe import Recipe
from service.storage.clock import now
from service.storage.jobs import JobStore

METRICS, CHECKPOINT, MESSAGE, PLAN = "metrics", "checkpoint", "message", "plan"
MOST_CHECKPOINTS = 1_000
OF_A_STEP = {"step", "total_steps", "train_loss"}
"""What an event must tell to be one of a step; another server may tell less."""


class TrainingDiary:
    """Writes the events of one training."""

    def __init__(self, jobs: JobStore, job_id: str) -> None:
        self._jobs, self._job_id = jobs, job_id
        last = jobs.latest(job_id, (METRICS,))
        self._told = int(last.data["step"]) if last else 0
        """Steps up to this were told before a restart."""
        self._recipe, self._rows = Recipe(), 0
        self._began, self._first = time.monotonic(), 0

    def say(self, message: str, data: dict[str, Any] | None = None, level: Level = "info") -> None:
        """Tell a sentence, once."""
        told = self._jobs.history(self._job_id, (MESSAGE,), None, 100)[0]
        if all(event.data["message"] != message for event in told):
            self._jobs.append(self._job_id, MESSAGE, {"message": message, "level": level, "data": data})

    def begin(self, order: Order) -> None:
        """The training is about to start, or to go on."""
        self._recipe = order.recipe
        self._rows = len(order.labelled.rows if order.labelled else order.examples)
        self._began = time.monotonic()

    def note(self, event: Event) -> None:
        """Something that a backend tells: a step, or a sentence."""
        data = dict(event.data) if event.data else None
        if data is not None and data.keys() >= OF_A_STEP:
            self._step(data)
        else:
            self.say(event.message, data, event.level)

    def _step(self, told: dict[str, Any]) -> None:
        step, steps = int(told["step"]), int(told["total_steps"])
        self._first = self._first or step
        if step <= self._told:
            return
        if not self._jobs.latest(self._job_id, (PLAN,)):
            self._plan(steps)
        self._told = step
        self._jobs.append(self._job_id, METRICS, {**told, "estimated_finish": self._finish(step, steps)})

    def checkpoint(self, told: Progress) -> list[int]:
        """The model after an epoch is kept; gives the steps of all that were kept, newest first."""
        known = self._checkpoints()
        if told.step not in known:
            self._jobs.append(self._job_id, CHECKPOINT, metrics_of(told))
            known = [told.step, *known]
        return known

    def _checkpoints(self) -> list[int]:
        events, _ = self._jobs.history(self._job_id, (CHECKPOINT,), None, MOST_CHECKPOINTS)
        return [int(event.data["step"]) for event in events]

    def _plan(self, steps: int) -> None:
        recipe = self._recipe
        size = recipe.batch_rows or max(1, round(self._rows * recipe.epochs / steps))
        plan = {
            "n_epochs": recipe.epochs,
            "batch_size": size,
            "learning_rate_multiplier": recipe.rate_multiplier,
        }
        self._jobs.append(self._job_id, PLAN, plan)

    def _finish(self, step: int, steps: int) -> int:
        """When it will be finished, at the pace since it began or went on."""
        pace = (time.monotonic() - self._began) / (step - self._first + 1)
        return now() + round(pace * (steps - step))
