"""Numbers with their nouns, for every sentence of the adviser."""

from __future__ import annotations


def counted(count: float, noun: str) -> str:
    """For example: 1 sample, 20 samples, 1,500 documents."""
    return f"{count:,.10g} {noun}{'' if count == 1 else 's'}"
