"""How an adapter is trained: few dials, the rest follows from the amount of data."""

from __future__ import annotations

from dataclasses import dataclass

EPOCHS, MOST_EPOCHS, FEWEST_ROWS = 3, 25, 200
RATE_TIMES_WIDTH = 0.8
LARGE = 25_000
"""Rows above which fewer epochs are enough."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """The dials of a LoRA training (Hu et al. 2021), on all linear layers and without dropout."""

    rank: int = 16
    alpha: int = 32
    """The update is scaled by alpha / rank."""
    learning_rate: float | None = None
    """Peak; a short rise, then a cosine down to zero. None derives it from the model's width."""
    epochs: int = EPOCHS
    batch_tokens: int = 128
    """Tokens of a step, padding included, beyond the beginning that all rows share."""
    patience: int = 2
    """Epochs without a better validation loss before it stops; only with validation rows."""
    seed: int = 0

    @staticmethod
    def for_size(rows: int, *, learning_rate: float | None = None, seed: int = 0) -> Recipe:
        """The usual recipe for that many rows."""
        return Recipe(
            epochs=_epochs(rows), batch_tokens=_batch_tokens(rows), learning_rate=learning_rate, seed=seed
        )

    def peak(self, width: int) -> float:
        """The learning rate for a model of that hidden width.

        It falls as 1 / width (Yang et al. 2022, "Tensor Programs V"): 2e-4 at 4,096, and 3e-3 at
        Pocket's 256, which was measured there (docs/decisions/0011-lora-defaults.md).
        """
        return self.learning_rate if self.learning_rate is not None else RATE_TIMES_WIDTH / width


def _epochs(rows: int) -> int:
    """Three; more for few rows, so that about 200 are seen; fewer for very many."""
    if rows > LARGE:
        return max(1, EPOCHS * LARGE // rows)
    wanted = -(-FEWEST_ROWS // max(rows, 1))
    return min(MOST_EPOCHS, max(EPOCHS, wanted))


def _batch_tokens(rows: int) -> int:
    """Small steps while there are few rows, so that there are enough of them."""
    return 128 if rows < 300 else 256 if rows < 3000 else 1024
