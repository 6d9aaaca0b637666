"""Compaction: merge small and worn segments, drop the dead, make lost caches again.

The heavy part reads only immutable files, so searches and writes go on; the swap is one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from retrieval.store.caches import (
    VECTORS,
    WORDS,
    build_index,
    drop_damaged,
    load_words,
    read_manifest,
    words_from_texts,
)
from retrieval.store.database import Database
from retrieval.store.errors import StoreBusyError
from retrieval.store.limits import Limits
from retrieval.store.passages import bury, forget
from retrieval.store.schema import relayout
from retrieval.store.sealing import (
    list_segment,
    new_name,
    remove_segment,
    removed_unless_kept,
    sweep,
    unlist_segments,
)
from retrieval.store.segment import Halves, Segment, open_segment, write_segment
from retrieval.store.word_file import in_order, merged, merged_lengths, read_words, write_words

_LOCK = "compaction.lock"
_BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction did."""

    merged: int
    """Segments that were written anew."""
    dropped: int
    """Dead vectors that are gone."""
    rebuilt: int
    """Caches that were made, again or for the first time."""


@dataclass(frozen=True, slots=True)
class Source:
    """A segment that is to be merged, with which of its rows go on."""

    name: str
    segment: Segment
    kept: NDArray[np.bool_]

    @property
    def rows(self) -> int:
        """Rows that go on."""
        return int(self.kept.sum())


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Only one compaction at a time, over all processes.

    Raises:
        StoreBusyError: another one runs.
    """
    lock = FileLock(root / _LOCK, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise StoreBusyError(
            f"The store {root.name!r} is being compacted; wait until that is done."
        ) from error
    try:
        yield
    finally:
        lock.release()


def compact(database: Database, folder: Path, limits: Limits) -> Compacted:
    """Sweep, rebuild, merge; the caller sees to being alone.

    Raises:
        StoreDamagedError: a segment is not what was written.
        StoreFullError: the disk did not take it; the store is as it was.
    """
    with database.writing() as connection:
        sweep(connection, folder)
    for name, _ in _listed(database, folder):
        drop_damaged(folder, name)
    rebuilt = _rebuild_words(database, folder)
    group = chosen(_sources(database, folder), limits)
    dropped = sum(len(source.kept) - source.rows for source in group)
    if group:
        _merge(database, folder, group, limits)
    rebuilt += _build_missing_lists(database, folder, limits)
    database.shrink_log()
    return Compacted(len(group), dropped, rebuilt)


def chosen(sources: Sequence[Source], limits: Limits) -> list[Source]:
    """Worn segments, and of the others the smallest ones while each is under twice those before it.

    So sizes at least double from one segment to the next: their number grows with the logarithm.
    """
    worn = [s for s in sources if s.rows < len(s.kept) and s.rows <= (1 - limits.worn) * len(s.kept)]
    others = sorted((s for s in sources if s not in worn), key=lambda s: s.rows)
    group, total = list(worn), sum(s.rows for s in worn)
    for source in others:
        if group and source.rows >= 2 * total:
            break
        group.append(source)
        total += source.rows
    return group if worn or len(group) > 1 else []


def _sources(database: Database, folder: Path) -> list[Source]:
    segments = _listed(database, folder)
    with database.reading() as connection:
        dead = np.array([passage for (passage,) in connection.execute("SELECT passage FROM dead")], np.int64)
    return [Source(name, segment, ~np.isin(segment.numbers, dead)) for name, segment in segments]


def _merge(database: Database, folder: Path, group: Sequence[Source], limits: Limits) -> None:
    name = new_name()
    rows = sum(source.rows for source in group)
    with removed_unless_kept(folder, name):
        checksum = _write_merged(folder, name, group) if rows else 0
        if rows > limits.flat:
            build_index(folder, name, open_segment(folder / (name + VECTORS), checksum))
        with database.writing() as connection:
            if rows:
                list_segment(connection, name, rows, checksum)
            unlist_segments(connection, [source.name for source in group])
            forget(connection, (int(p) for s in group for p in s.segment.numbers[~s.kept]))
            relayout(connection)
    for source in group:
        remove_segment(folder, source.name)


def _write_merged(folder: Path, name: str, group: Sequence[Source]) -> int:
    for source in group:
        source.segment.check()
    order = np.argsort(np.concatenate([s.segment.numbers[s.kept] for s in group]), kind="stable")
    numbers = np.concatenate([s.segment.numbers[s.kept] for s in group])[order]
    embedder = str(group[0].segment.file.facts["embedder"])
    checksum = write_segment(folder / (name + VECTORS), embedder, numbers, _vectors(group, order))
    files = [read_words(folder / (s.name + WORDS), s.segment.file.checksum) for s in group]
    words = list(zip(files, _renumbered(group, order), strict=True))
    write_words(folder / (name + WORDS), checksum, merged_lengths(words, len(numbers)), merged(words))
    return checksum


def _vectors(group: Sequence[Source], order: NDArray[np.int64]) -> Iterator[Halves]:
    """The kept rows of all segments, in the order of their passages, block by block."""
    of = np.repeat(np.arange(len(group)), [source.rows for source in group])
    row = np.concatenate([np.flatnonzero(source.kept) for source in group])
    for at in range(0, len(order), _BLOCK):
        block = order[at : at + _BLOCK]
        found = np.empty((len(block), group[0].segment.matrix.shape[1]), np.float16)
        for place, source in enumerate(group):
            here = of[block] == place
            found[here] = source.segment.matrix[row[block[here]]]
        yield found


def _renumbered(group: Sequence[Source], order: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """For each segment, the new row of each of its rows, or -1."""
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    found, at = [], 0
    for source in group:
        new = np.full(len(source.kept), -1, np.int64)
        new[source.kept] = places[at : at + source.rows]
        found.append(new)
        at += source.rows
    return found


def _rebuild_words(database: Database, folder: Path) -> int:
    """Make lost word lists again from the texts; passages that no chunk holds lose theirs, so they die."""
    rebuilt = 0
    for name, segment in _listed(database, folder):
        if load_words(folder, name, segment) is not None:
            continue
        with database.writing() as connection:
            bury(connection, (int(number) for number in segment.numbers))
            tail = words_from_texts(connection, segment)
            write_words(folder / (name + WORDS), segment.file.checksum, tail.lengths, in_order(tail))
            relayout(connection)
        rebuilt += 1
    return rebuilt


def _build_missing_lists(database: Database, folder: Path, limits: Limits) -> int:
    built = 0
    for name, segment in _listed(database, folder):
        if len(segment.numbers) > limits.flat and read_manifest(folder, name, segment) is None:
            build_index(folder, name, segment)
            with database.writing() as connection:
                relayout(connection)
            built += 1
    return built


def _listed(database: Database, folder: Path) -> list[tuple[str, Segment]]:
    with database.reading() as connection:
        listed = connection.execute("SELECT name, checksum FROM segments ORDER BY number").fetchall()
    return [(name, open_segment(folder / (name + VECTORS), checksum)) for name, checksum in listed]
