"""What a training tells while it runs, and as the table that OpenAI's result files have."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STEP_METRICS = "step_metrics.csv"
_COLUMNS = ("step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy")


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a training."""

    step: int
    """From 1."""
    steps: int
    """As planned; early stopping may end before."""
    epoch: int
    """From 1."""
    loss: float
    """Mean per learned token of this step."""
    accuracy: float
    """Share of the learned tokens that were the likeliest, before the step."""
    learning_rate: float
    trained_tokens: int
    """Tokens read so far, prompts included."""
    validation_loss: float | None = None
    """After the last step of an epoch, where there are validation rows."""
    validation_accuracy: float | None = None
    score: float | None = None
    """The task metric on the validation rows, where there is a judge."""


def metrics_of(told: Progress) -> dict[str, Any]:
    """A step in OpenAI's words, and some of our own."""
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


def write_metrics(folder: Path, told: Iterable[Progress]) -> None:
    """Write all steps as the CSV that OpenAI gives as a job's result file; unknown values stay empty."""
    with (folder / STEP_METRICS).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(_COLUMNS)
        for p in told:
            table.writerow((p.step, p.loss, p.accuracy, p.validation_loss, p.validation_accuracy))
