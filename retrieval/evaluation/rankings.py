"""How good a ranking of files is, given those that are relevant. Each file counts once. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

DEPTHS = (1, 5, 10)
"""Ranks at which recall is told."""


def recall_at(ranked: Sequence[str], relevant: frozenset[str], depth: int) -> float:
    """Share of the relevant that stand among the first."""
    return len(relevant & frozenset(ranked[:depth])) / len(relevant)


def reciprocal_rank(ranked: Sequence[str], relevant: frozenset[str]) -> float:
    """One over the rank of the first that is relevant; 0 where none is (Voorhees 1999)."""
    return next((1 / rank for rank, one in enumerate(ranked, 1) if one in relevant), 0.0)
