"""Several tasks in one training, each with its share of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from finetune.dataset import Example, unique
from finetune.errors import DatasetError, RecipeError


@dataclass(frozen=True, slots=True)
class Part:
    """One task of a mixture."""

    name: str
    examples: Sequence[Example]
    weight: float
    """Its share of the rows, measured against the other weights."""


def mixed(parts: Sequence[Part], seed: int = 0) -> list[Example]:
    """As many distinct rows as there can be with these shares, each at most once, drawn by the seed.

    A task with few rows and a large weight therefore bounds all others; rows are left out, never repeated,
    since a training counts a repeated row once.

    Raises:
        RecipeError: a weight that is no positive number.
        DatasetError: a task without rows.
    """
    rows = [unique(part.examples) for part in parts]
    for part, own in zip(parts, rows, strict=True):
        if not 0 < part.weight < float("inf"):
            raise RecipeError(f"The weight of {part.name!r} is {part.weight}; it must be above 0.")
        if not own:
            raise DatasetError([f"There are no rows of {part.name!r}; leave it out or give some."])
    size = min(len(own) / part.weight for part, own in zip(parts, rows, strict=True))
    return [
        example
        for part, own in zip(parts, rows, strict=True)
        for example in drawn(own, max(1, round(size * part.weight)), f"{seed}/{part.name}")
    ]


def drawn(examples: Sequence[Example], count: int, seed: str) -> list[Example]:
    """Some of the examples, in their order."""
    chosen = Random(seed).sample(range(len(examples)), min(count, len(examples)))  # noqa: S311
    return [examples[i] for i in sorted(chosen)]
