"""What a training tells, as the events of its job; after a restart nothing is told twice."""

from __future__ import annotations

import time
from typing import Any, Literal

from finetune.progress import Progress
from finetune.recipe import Recipe
from service.storage.clock import now
from service.storage.jobs import JobStore

METRICS, CHECKPOINT, MESSAGE, PLAN = "metrics", "checkpoint", "message", "plan"
MOST_CHECKPOINTS = 1_000


class TrainingDiary:
    """Writes the events of one training."""

    def __init__(self, jobs: JobStore, job_id: str) -> None:
        self._jobs, self._job_id = jobs, job_id
        last = jobs.latest(job_id, (METRICS,))
        self._told = int(last.data["step"]) if last else 0
        """Steps up to this were told before a restart."""
        self._recipe, self._rows = Recipe(), 0
        self._began, self._first = time.monotonic(), 0

    def say(
        self, message: str, data: dict[str, Any] | None = None, level: Literal["info", "warn"] = "info"
    ) -> None:
        """Tell a sentence, once."""
        told = self._jobs.history(self._job_id, (MESSAGE,), None, 100)[0]
        if all(event.data["message"] != message for event in told):
            self._jobs.append(self._job_id, MESSAGE, {"message": message, "level": level, "data": data})

    def begin(self, recipe: Recipe, rows: int) -> None:
        """The training is about to start, or to go on."""
        self._recipe, self._rows = recipe, rows
        self._began = time.monotonic()

    def step(self, told: Progress) -> None:
        """A step is done."""
        self._first = self._first or told.step
        if told.step <= self._told:
            return
        if not self._jobs.latest(self._job_id, (PLAN,)):
            self._plan(told)
        self._told = told.step
        self._jobs.append(self._job_id, METRICS, {**_metrics(told), "estimated_finish": self._finish(told)})

    def checkpoint(self, told: Progress) -> list[int]:
        """The model after an epoch is kept; gives the steps of all that were kept, newest first."""
        known = self._checkpoints()
        if told.step not in known:
            self._jobs.append(self._job_id, CHECKPOINT, _metrics(told))
            known = [told.step, *known]
        return known

    def _checkpoints(self) -> list[int]:
        events, _ = self._jobs.history(self._job_id, (CHECKPOINT,), None, MOST_CHECKPOINTS)
        return [int(event.data["step"]) for event in events]

    def _plan(self, told: Progress) -> None:
        recipe = self._recipe
        size = recipe.batch_rows or max(1, round(self._rows * recipe.epochs / told.steps))
        plan = {
            "n_epochs": recipe.epochs,
            "batch_size": size,
            "learning_rate_multiplier": recipe.rate_multiplier,
        }
        self._jobs.append(self._job_id, PLAN, plan)

    def _finish(self, told: Progress) -> int:
        """When it will be finished, at the pace since it began or went on."""
        done = told.step - self._first + 1
        pace = (time.monotonic() - self._began) / done
        return now() + round(pace * (told.steps - told.step))


def _metrics(told: Progress) -> dict[str, Any]:
    """In OpenAI's words, and some of our own."""
    return {
        "step": told.step,
        "total_steps": told.steps,
        "epoch": told.epoch,
        "train_loss": told.loss,
        "train_mean_token_accuracy": told.accuracy,
        "learning_rate": told.learning_rate,
        "trained_tokens": told.trained_tokens,
        "full_valid_loss": told.validation_loss,
        "full_valid_mean_token_accuracy": told.validation_accuracy,
        "score": told.score,
    }
