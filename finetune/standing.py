"""Where a training stands between two steps: all that is not a tensor, and which epoch is the best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from typing import Any, Literal

from finetune.progress import Progress

Ending = Literal["finished", "patience", "diverged"]
"""Why a training ended: all steps done, no better for long, or a loss that was no number."""


@dataclass
class Standing:
    """Kept in every checkpoint; a training follows from it, the learner's state and the plan."""

    tokens: int = 0
    """Read so far, prompts included."""
    seconds: float = 0.0
    summed: float = 0.0
    """The loss of this epoch's learned tokens so far."""
    labels: int = 0
    """Learned tokens of this epoch so far."""
    train_losses: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    history: list[Progress] = field(default_factory=list)
    ending: Ending = "finished"

    @property
    def step(self) -> int:
        """Steps done."""
        return len(self.history)

    @property
    def best(self) -> int | None:
        """The best epoch so far, from 0; None without validation. Of equals the later counts."""
        results = self._results()
        return max(range(len(results)), key=lambda at: (results[at], at)) if results else None

    @property
    def epochs_since_best(self) -> int:
        """Validated epochs that came after the best one and were no better."""
        return 0 if self.best is None else len(self.validation_losses) - 1 - self.best

    @property
    def best_epoch(self) -> int | None:
        """The best epoch so far, as it is told: from 1."""
        return None if self.best is None else self.best + 1

    def told(self, epoch: int | None) -> dict[str, Any]:
        """What a manifest tells of it, where the weights are those of an epoch or the last."""
        return {
            "steps": self.step,
            "trained_tokens": self.tokens,
            "train_losses": tuple(self.train_losses),
            "validation_losses": tuple(self.validation_losses),
            "scores": tuple(self.scores),
            "seconds": round(self.seconds, 3),
            "best_epoch": epoch,
            "ending": self.ending,
        }

    def as_dict(self) -> dict[str, Any]:
        """The standing in values that fit into JSON."""
        return {**vars(self), "history": [list(astuple(told)) for told in self.history]}

    @staticmethod
    def from_dict(kept: Mapping[str, Any]) -> Standing:
        """The inverse of `as_dict`."""
        return Standing(**{**kept, "history": [Progress(*told) for told in kept["history"]]})

    def _results(self) -> list[tuple[float, float]]:
        """By the task metric where there is one, then by the loss."""
        scores = self.scores or [0.0] * len(self.validation_losses)
        return [(score, -loss) for score, loss in zip(scores, self.validation_losses, strict=True)]
