"""Texts of files, in blocks, so that a span of a long text is read without the rest of it."""

from __future__ import annotations

import sqlite3

BLOCK = 8192
"""Characters of a block."""
_SHIFT = 20
"""Bits for the number of a block within its file."""
MAX_CHARACTERS = BLOCK << _SHIFT


def store_text(connection: sqlite3.Connection, file: int, text: str) -> None:
    """Keep a file's text."""
    rows = (
        ((file << _SHIFT) + number, text[at : at + BLOCK])
        for number, at in enumerate(range(0, len(text), BLOCK))
    )
    connection.executemany("INSERT INTO texts VALUES (?, ?)", rows)


def read_text(connection: sqlite3.Connection, file: int, start: int, end: int) -> str:
    """The characters of a file from `start` to `end`."""
    first, last = start // BLOCK, max(start, end - 1) // BLOCK
    rows = connection.execute(
        "SELECT text FROM texts WHERE place BETWEEN ? AND ? ORDER BY place",
        ((file << _SHIFT) + first, (file << _SHIFT) + last),
    )
    joined = "".join(text for (text,) in rows)
    return joined[start - first * BLOCK : end - first * BLOCK]


def delete_text(connection: sqlite3.Connection, file: int) -> None:
    """Forget a file's text."""
    connection.execute(
        "DELETE FROM texts WHERE place BETWEEN ? AND ?", (file << _SHIFT, ((file + 1) << _SHIFT) - 1)
    )
