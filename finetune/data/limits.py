"""How much of a file is read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one file; what is over them is refused, never cut."""

    file_bytes: int = 1_000_000_000
    unpacked_bytes: int = 2_000_000_000
    """Of spreadsheets and Parquet files, which are packed; also the characters of all cells together."""
    rows: int = 2_000_000
    columns: int = 1_000
    cell_characters: int = 1_000_000
