"""How much of a file is read before it is refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one file; what lies beyond is refused, never cut off in silence."""

    bytes: int = 64 << 20
    """Of the file as it comes."""
    characters: int = 20_000_000
    """Of its text; some five million tokens."""
    pages: int = 5_000
    """Pages, slides or sheets."""
    rows: int = 1_000_000
    """Rows of a table, all sheets together."""
    cells: int = 50_000_000
    """Cells of a workbook, empty ones between others included."""
    unpacked_bytes: int = 256 << 20
    """Of an Office file's parts together."""
    part_bytes: int = 64 << 20
    """Of one part that is held in memory as a tree."""
    members: int = 10_000
    """Parts of an Office file."""
    ratio: int = 400
    """Unpacked to packed bytes, of parts over a megabyte; what people write seldom packs below 1 %."""


DEFAULT_LIMITS = Limits()
