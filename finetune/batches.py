"""Which rows make a step: rows of like length together, within a token budget, in shuffled order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from finetune.recipe import Recipe

NOISE = 0.1
"""Lengths are compared after a random change of up to this share, so that batches differ by epoch."""

Batch = list[int]
"""Row numbers."""
T = TypeVar("T")


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


def by_length(rows: Sequence[T], lengths: Sequence[int], budget: int) -> list[list[T]]:
    """All rows once in batches, longest first."""
    return [[rows[i] for i in numbers] for numbers in in_order(lengths, budget)]


def _steps(lengths: Sequence[int], recipe: Recipe, epoch: int) -> list[Step]:
    groups = _epoch(lengths, recipe, Random(f"{recipe.seed}/{epoch}"))  # noqa: S311
    return [Step(epoch + 1, group, at + 1 == len(groups)) for at, group in enumerate(groups)]


def _epoch(lengths: Sequence[int], recipe: Recipe, dice: Random) -> list[list[Batch]]:
    """The batches of each step of one epoch."""
    rough = [length * (1 + dice.uniform(-NOISE, NOISE)) for length in lengths]
    order = sorted(range(len(lengths)), key=lambda row: rough[row])
    if recipe.batch_rows:
        steps = [_fill(rows, lengths, recipe.batch_tokens) for rows in _parts(order, recipe.batch_rows)]
        dice.shuffle(steps)
        return steps
    batches = _fill(order, lengths, recipe.batch_tokens)
    dice.shuffle(batches)
    return _parts(batches, recipe.accumulate)


def _parts(items: list[T], size: int) -> list[list[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


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
