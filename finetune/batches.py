"""Which rows make a step: rows of like length together, within a token budget, in shuffled order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from finetune.recipe import Recipe

NOISE = 0.1
"""Lengths are compared after a random change of up to this share, so that batches differ by epoch."""

Batch = list[int]
"""Row numbers."""


@dataclass(frozen=True, slots=True)
class Step:
    """The batches between two changes of the weights."""

    epoch: int
    """From 1."""
    batches: list[Batch]
    ends_epoch: bool


def plan(lengths: Sequence[int], recipe: Recipe) -> list[Step]:
    """All steps of a training; every row once an epoch."""
    return [step for epoch in range(recipe.epochs) for step in _steps(lengths, recipe, epoch)]


def in_order(lengths: Sequence[int], budget: int) -> list[Batch]:
    """All rows once, longest first."""
    return _fill(sorted(range(len(lengths)), key=lambda row: -lengths[row]), lengths, budget)


def _steps(lengths: Sequence[int], recipe: Recipe, epoch: int) -> list[Step]:
    batches = _epoch(lengths, recipe.batch_tokens, Random(f"{recipe.seed}/{epoch}"))  # noqa: S311
    size = recipe.accumulate
    return [
        Step(epoch + 1, batches[start : start + size], start + size >= len(batches))
        for start in range(0, len(batches), size)
    ]


def _epoch(lengths: Sequence[int], budget: int, dice: Random) -> list[Batch]:
    rough = [length * (1 + dice.uniform(-NOISE, NOISE)) for length in lengths]
    steps = _fill(sorted(range(len(lengths)), key=lambda row: rough[row]), lengths, budget)
    dice.shuffle(steps)
    return steps


def _fill(rows: Sequence[int], lengths: Sequence[int], budget: int) -> list[Batch]:
    steps: list[Batch] = [[]]
    longest = 0
    for row in rows:
        longest = max(longest, lengths[row])
        if steps[-1] and longest * (len(steps[-1]) + 1) > budget:
            steps.append([])
            longest = lengths[row]
        steps[-1].append(row)
    return [step for step in steps if step]
