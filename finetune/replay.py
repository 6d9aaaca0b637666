"""Learning something new without losing the old: some of the parent's rows are learned again."""

from __future__ import annotations

from collections.abc import Sequence

from finetune.dataset import Example, unique
from finetune.errors import RecipeError
from finetune.mixture import drawn

SHARE = 0.2


def replayed(
    new: Sequence[Example], old: Sequence[Example], share: float = SHARE, seed: int = 0
) -> list[Example]:
    """All new rows, and so many of the parent's that these make up the share; fewer where there are fewer.

    Raises:
        RecipeError: the share is not between 0 and 1.
    """
    if not 0 <= share < 1:
        raise RecipeError(f"The share of replayed rows is {share}; it must be from 0 to below 1.")
    fresh, known = unique(new), unique(old)
    return [*fresh, *drawn(known, round(len(fresh) * share / (1 - share)), f"{seed}/replay")]
