"""How an encoder is trained: the usual dials, with defaults for labels and tags."""

from __future__ import annotations

from collections.abc import Sequence

from finetune.data.checks.repeats import drop_duplicates
from finetune.data.rows import Row
from finetune.data.splitting import Split, split_rows
from finetune.recipe import Recipe

ROWS_SEEN, MOST_EPOCHS, FEWEST_EPOCHS = 400, 25, 3
RATE_SHARE = 0.4
"""Of a language model's learning rate for the same width; with all of it 32 rows made an encoder worse."""
STEP_ROWS = 16
BATCH_TOKENS = 1024
ENOUGH, ASIDE = 200, 0.15
"""From so many rows on, this share of them chooses the best epoch."""


def for_rows(rows: int, *, seed: int = 0) -> Recipe:
    """The usual recipe for that many rows: each is seen more often where there are few."""
    epochs = min(MOST_EPOCHS, max(FEWEST_EPOCHS, -(-ROWS_SEEN // max(rows, 1))))
    return Recipe(
        epochs=epochs,
        rate_multiplier=RATE_SHARE,
        batch_rows=STEP_ROWS,
        batch_tokens=BATCH_TOKENS,
        seed=seed,
    )


def held_out(rows: Sequence[Row], seed: int = 0) -> Split:
    """Some distinct rows of every label for validation; none where all are needed to learn from."""
    if len(rows) < ENOUGH:
        return Split(tuple(drop_duplicates(rows)), ())
    return split_rows(rows, ASIDE, seed)
