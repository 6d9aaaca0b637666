"""What of a batch of prompts can be computed for less than all rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

MINIMUM = 16
"""Tokens from which computing the beginning once pays."""
ENOUGH = 256
"""Tokens of padding for which another pass through the model pays."""


def shared_length(prompts: Sequence[Sequence[int]]) -> int:
    """Tokens of the common beginning; 0 where it does not pay. Every prompt keeps a token of its own."""
    if len(prompts) < 2:
        return 0
    columns = zip(*prompts, strict=False)
    length = sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))
    length = min(length, min(len(p) for p in prompts) - 1)
    return length if length >= MINIMUM else 0


def columns_of_the_longer(lengths: Sequence[int]) -> int:
    """How many columns of rows, padded on the left, shall be computed for those rows alone that fill them.

    Rows that are no longer than the rest of the columns wait; 0 where that does not pay.
    """
    width = max(lengths)
    spared = {width - least: (width - least) * sum(n <= least for n in lengths) for least in sorted(lengths)}
    columns = max(spared, key=spared.__getitem__)
    return columns if spared[columns] >= ENOUGH else 0
