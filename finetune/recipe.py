"""How a model is trained: few dials, the rest follows from the amount of data."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from finetune.errors import RecipeError
from finetune.rows import LongRows

EPOCHS, MOST_EPOCHS, FEWEST_ROWS = 3, 25, 200
RATE_TIMES_WIDTH = 0.8
FULL_SHARE = 0.1
"""The learning rate of a full training as a share of an adapter's."""
LARGE = 25_000
"""Rows above which fewer epochs are enough."""

Method = Literal["lora", "rslora", "dora", "qlora", "full", "head"]
"""Adapters (Hu et al. 2021; Kalajdzievski 2023; Liu et al. 2024; Dettmers et al. 2023), the model's own
weights, or a head alone on an encoder that stays as it is."""

Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """The dials of a training; on all linear layers and without dropout.

    Raises:
        RecipeError: a dial outside its range.
    """

    method: Method = "lora"
    rank: int = 16
    alpha: float | None = None
    """The update is scaled by alpha / rank, in rsLoRA by alpha / sqrt(rank); None makes that scale 2."""
    layers: int | None = None
    """How many layers learn, counted from the top; None for all."""
    learning_rate: float | None = None
    """Peak; a short rise, then a cosine down to zero. None derives it from the model's width."""
    rate_multiplier: float = 1.0
    """Times which the derived learning rate is taken; without effect on a given one."""
    epochs: int = EPOCHS
    batch_tokens: int = 128
    """Tokens of a batch, padding included, beyond the beginning that all rows share."""
    accumulate: int = 1
    """Batches of a step; the loss is the mean over all their learned tokens."""
    batch_rows: int | None = None
    """Rows of a step, in as many batches as they need; None makes steps of batches instead."""
    patience: int = 2
    """Epochs without a better validation result before it stops; only with validation rows."""
    long_rows: LongRows = "refuse"
    """What happens to rows over the context window; an answer is never cut."""
    precision: Precision = "float32"
    """Of the products; weights and losses stay in float32. Serving on a CPU is in float32 too."""
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("rank", "layers", "epochs", "batch_tokens", "accumulate", "batch_rows", "patience"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise RecipeError(f"{name} is {value}; it must be at least 1.")
        for name in ("alpha", "learning_rate", "rate_multiplier"):
            value = getattr(self, name)
            if value is not None and not (value >= 0 and math.isfinite(value)):
                raise RecipeError(f"{name} is {value}; it must be a number from 0.")

    @staticmethod
    def for_size(rows: int, *, learning_rate: float | None = None, seed: int = 0) -> Recipe:
        """The usual recipe for that many rows."""
        return Recipe(
            epochs=_epochs(rows), batch_tokens=_batch_tokens(rows), learning_rate=learning_rate, seed=seed
        )

    def settled(self, width: int) -> Recipe:
        """The recipe with every dial set, for a model of that hidden width."""
        return replace(self, learning_rate=self.peak(width), rate_multiplier=1.0, alpha=self.strength())

    def strength(self) -> float:
        """Alpha, by default twice what leaves the update unscaled."""
        if self.alpha is not None:
            return self.alpha
        return 2 * (math.sqrt(self.rank) if self.method == "rslora" else self.rank)

    def peak(self, width: int) -> float:
        """The learning rate for a model of that hidden width.

        It falls as 1 / width (Yang et al. 2022, "Tensor Programs V"): 2e-4 at 4,096, and 3e-3 at
        Pocket's 256, which was measured there (docs/decisions/0011-lora-defaults.md). The model's own
        weights take a tenth of that (Schulman 2025, "LoRA Without Regret").
        """
        if self.learning_rate is not None:
            return self.learning_rate
        share = FULL_SHARE if self.method == "full" else 1.0
        return RATE_TIMES_WIDTH / width * share * self.rate_multiplier


def _epochs(rows: int) -> int:
    """Three; more for few rows, so that about 200 are seen; fewer for very many."""
    if rows > LARGE:
        return max(1, EPOCHS * LARGE // rows)
    wanted = -(-FEWEST_ROWS // max(rows, 1))
    return min(MOST_EPOCHS, max(EPOCHS, wanted))


def _batch_tokens(rows: int) -> int:
    """Small steps while there are few rows, so that there are enough of them."""
    return 128 if rows < 300 else 256 if rows < 3000 else 1024
