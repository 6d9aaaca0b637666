"""Seal the fresh tail into a segment, and swap segments for others; each inside a write transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import numpy as np

from retrieval.store.caches import LISTS, MANIFEST, VECTORS, WORDS
from retrieval.store.passages import forget
from retrieval.store.schema import facts, relayout
from retrieval.store.segment import write_segment
from retrieval.store.word_file import in_order, write_words
from retrieval.store.words import WordTail


def new_name() -> str:
    """A name for a segment that no other has, in any process."""
    return uuid4().hex


def seal_tail(connection: sqlite3.Connection, folder: Path) -> None:
    """Move the fresh vectors into a segment, but for the dead ones, which are dropped.

    Raises:
        StoreFullError: the disk did not take the segment.
    """
    forget(connection, _dead_in_tail(connection))
    rows = connection.execute(
        "SELECT passage, vector, words FROM tail JOIN passages ON number = passage ORDER BY passage"
    ).fetchall()
    if rows:
        numbers, vectors, words = zip(*rows, strict=True)
        _write_tail(connection, folder, numbers, vectors, words)
    connection.execute("DELETE FROM tail")
    relayout(connection)


def list_segment(connection: sqlite3.Connection, name: str, rows: int, checksum: int) -> None:
    """Make a written segment part of the store."""
    connection.execute("INSERT INTO segments (name, rows, checksum) VALUES (?, ?, ?)", (name, rows, checksum))


def unlist_segments(connection: sqlite3.Connection, names: Iterable[str]) -> None:
    """Take segments out of the store; their files go afterwards."""
    connection.executemany("DELETE FROM segments WHERE name = ?", ((name,) for name in names))


@contextmanager
def removed_unless_kept(folder: Path, name: str) -> Iterator[None]:
    """Take a segment's files away again when the block fails."""
    try:
        yield
    except BaseException:
        remove_segment(folder, name)
        raise


def remove_segment(folder: Path, name: str) -> None:
    """Delete the files of a segment; who has them open still sees them."""
    for suffix in (VECTORS, WORDS, MANIFEST, LISTS):
        (folder / (name + suffix)).unlink(missing_ok=True)


def sweep(connection: sqlite3.Connection, folder: Path) -> None:
    """Delete what broken-off writes left behind: files of no listed segment."""
    listed = {name for (name,) in connection.execute("SELECT name FROM segments")}
    for path in folder.iterdir():
        if path.name.split(".")[0] not in listed or path.suffix == ".part":
            path.unlink(missing_ok=True)


def _dead_in_tail(connection: sqlite3.Connection) -> list[int]:
    rows = connection.execute("SELECT passage FROM dead WHERE passage IN (SELECT passage FROM tail)")
    return [passage for (passage,) in rows]


def _write_tail(
    connection: sqlite3.Connection,
    folder: Path,
    numbers: Sequence[int],
    vectors: Sequence[bytes],
    words: Sequence[bytes],
) -> None:
    """Write fresh vectors and their words as a segment, and list it."""
    name, now = new_name(), facts(connection)
    matrix = np.frombuffer(b"".join(vectors), np.float16).reshape(-1, now.dimensions)
    with removed_unless_kept(folder, name):
        checksum = write_segment(
            folder / (name + VECTORS), now.embedder, np.array(numbers, np.int64), [matrix]
        )
        tail = WordTail.of(words)
        write_words(folder / (name + WORDS), checksum, tail.lengths, in_order(tail))
        list_segment(connection, name, len(numbers), checksum)
