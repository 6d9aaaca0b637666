"""Does everything still say what was written? Reads all of it, and compares what is told twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from retrieval.store.caches import VECTORS
from retrieval.store.errors import StoreDamagedError
from retrieval.store.segment import open_segment

_CLAIMS = {
    "a chunk of no file": "SELECT 1 FROM chunks WHERE file NOT IN (SELECT number FROM files)",
    "a chunk of no passage": "SELECT 1 FROM chunks WHERE passage NOT IN (SELECT number FROM passages)",
    "a chunk of a dead passage": "SELECT 1 FROM chunks WHERE passage IN (SELECT passage FROM dead)",
    "an attribute of no file": "SELECT 1 FROM attributes WHERE file NOT IN (SELECT number FROM files)",
    "a text of no file": "SELECT 1 FROM texts WHERE place >> 20 NOT IN (SELECT number FROM files)",
}


def verify(connection: sqlite3.Connection, folder: Path) -> None:
    """Check SQLite's pages, the tables against each other, and every byte of every segment.

    Raises:
        StoreDamagedError: names the first thing that is wrong.
    """
    for problem in _problems(connection, folder):
        raise StoreDamagedError(f"The store is damaged: {problem}. Restore it from a backup.")


def _problems(connection: sqlite3.Connection, folder: Path) -> Iterator[str]:
    answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if answer != "ok":
        yield f"SQLite says {answer}"
    for claim, sql in _CLAIMS.items():
        if connection.execute(sql + " LIMIT 1").fetchone():
            yield f"there is {claim}"
    yield from _unequal_passages(connection)
    yield from _lost_vectors(connection, folder)


def _unequal_passages(connection: sqlite3.Connection) -> Iterator[str]:
    for number, id, held in connection.execute("SELECT number, id, passages FROM files"):
        rows = connection.execute("SELECT passage FROM chunks WHERE file = ? ORDER BY number", (number,))
        if np.frombuffer(held, np.int64).tolist() != [passage for (passage,) in rows]:
            yield f"the file {id!r} has other chunks than it says"


def _lost_vectors(connection: sqlite3.Connection, folder: Path) -> Iterator[str]:
    """Every passage has its vector in one place, and only in one."""
    places = [np.array([p for (p,) in connection.execute("SELECT passage FROM tail")], np.int64)]
    for name, checksum in connection.execute("SELECT name, checksum FROM segments"):
        try:
            segment = open_segment(folder / (name + VECTORS), checksum)
        except FileNotFoundError:
            yield f"the segment {name} is lost"
            return
        segment.check()
        places.append(np.asarray(segment.numbers))
    held = np.concatenate(places)
    if len(np.unique(held)) < len(held):
        yield "a passage has two vectors"
    known = np.array([n for (n,) in connection.execute("SELECT number FROM passages")], np.int64)
    if not np.isin(known, held).all():
        yield "a passage has no vector"
