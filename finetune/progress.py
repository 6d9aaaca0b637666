"""What a training tells while it runs."""

from __future__ import annotations

from dataclasses import dataclass


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
    learning_rate: float
    trained_tokens: int
    """Tokens read so far, prompts included."""
    validation_loss: float | None = None
    """After the last step of an epoch, where there are validation rows."""
