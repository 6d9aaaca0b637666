"""Which rows make a step: rows of like length together, within a token budget, in shuffled order."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

NOISE = 0.1
"""Lengths are compared after a random change of up to this share, so that batches differ by epoch."""


def plan(lengths: Sequence[int], budget: int, epochs: int, seed: int) -> list[list[list[int]]]:
    """For each epoch its steps, for each step its row numbers; every row once an epoch."""
    return [_epoch(lengths, budget, Random(f"{seed}/{epoch}")) for epoch in range(epochs)]  # noqa: S311


def in_order(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """All rows once, longest first."""
    return _fill(sorted(range(len(lengths)), key=lambda row: -lengths[row]), lengths, budget)


def _epoch(lengths: Sequence[int], budget: int, dice: Random) -> list[list[int]]:
    rough = [length * (1 + dice.uniform(-NOISE, NOISE)) for length in lengths]
    steps = _fill(sorted(range(len(lengths)), key=lambda row: rough[row]), lengths, budget)
    dice.shuffle(steps)
    return steps


def _fill(rows: Sequence[int], lengths: Sequence[int], budget: int) -> list[list[int]]:
    steps: list[list[int]] = [[]]
    longest = 0
    for row in rows:
        longest = max(longest, lengths[row])
        if steps[-1] and longest * (len(steps[-1]) + 1) > budget:
            steps.append([])
            longest = lengths[row]
        steps[-1].append(row)
    return [step for step in steps if step]
