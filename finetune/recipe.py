"""How an adapter is trained: few dials, the rest follows from the amount of data."""

from __future__ import annotations

from dataclasses import dataclass

EPOCHS, MOST_EPOCHS, FEWEST_ROWS = 3, 25, 100
LARGE = 25_000
"""Rows above which fewer epochs are enough."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """The dials of a LoRA training (Hu et al. 2021), on all linear layers and without dropout."""

    rank: int = 16
    alpha: int = 32
    """The update is scaled by alpha / rank."""
    learning_rate: float = 2e-3
    """Peak; a short rise, then a cosine down to zero."""
    epochs: int = EPOCHS
    batch_tokens: int = 512
    """Tokens of a step, padding included; a longer row is a step of its own."""
    patience: int = 2
    """Epochs without a better validation loss before it stops; only with validation rows."""
    seed: int = 0

    @staticmethod
    def for_size(rows: int, *, learning_rate: float = 2e-3, seed: int = 0) -> Recipe:
        """The usual recipe for that many rows."""
        return Recipe(epochs=_epochs(rows), learning_rate=learning_rate, seed=seed)


def _epochs(rows: int) -> int:
    """Three; more for few rows, so that about 100 are seen; fewer for very many."""
    if rows > LARGE:
        return max(1, EPOCHS * LARGE // rows)
    wanted = -(-FEWEST_ROWS // max(rows, 1))
    return min(MOST_EPOCHS, max(EPOCHS, wanted))
