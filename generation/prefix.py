"""The common beginning of prompts, which is computed once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

MINIMUM = 16
"""Tokens from which computing the beginning once pays."""


def shared_length(prompts: Sequence[Sequence[int]]) -> int:
    """Tokens of the common beginning; 0 where it does not pay. Every prompt keeps a token of its own."""
    if len(prompts) < 2:
        return 0
    columns = zip(*prompts, strict=False)
    length = sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))
    length = min(length, min(len(p) for p in prompts) - 1)
    return length if length >= MINIMUM else 0
