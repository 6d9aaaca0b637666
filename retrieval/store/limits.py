"""Sizes at which the store changes its ways."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in vectors, unless said otherwise; the defaults suit 384 dimensions."""

    tail: int = 8192
    """Fresh vectors that wait in SQLite before they are sealed into a segment."""
    flat: int = 200_000
    """The largest segment that is searched exactly, without an inverted file."""
    scan: int = 20_000
    """The most matching vectors of a segment that a filtered search scans one by one."""
    worn: float = 0.2
    """Share of dead vectors at which a segment is written anew."""
    wait_s: float = 30.0
    """How long a writer waits for its turn."""


DEFAULTS = Limits()
