"""Put files: embed what was never embedded, then swap all in at once.

Vectors are kept as soon as they are made, in transactions of their own. A put that is cut off
leaves only passages that no chunk holds, and the next one finds them.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from retrieval.embedder import Embedder, Vectors
from retrieval.errors import VectorShapeError
from retrieval.store.database import Database
from retrieval.store.errors import InvalidFileError, StoreBusyError, StoreError
from retrieval.store.files import ids_of_name, put_file, remove_file
from retrieval.store.limits import Limits
from retrieval.store.passages import Cut, Passage, add, buried, bury, cut, known
from retrieval.store.records import NewFile
from retrieval.store.schema import advance
from retrieval.store.sealing import seal_tail

VectorsOf = Callable[[Iterable[int]], dict[int, Vectors]]
"""Vectors of passages that are on disk, dead or not, by number."""
_BATCH = 1024
_TRIES = 5


class Ingest:
    """Puts files into a store; safe between threads and processes."""

    def __init__(
        self, database: Database, segments: Path, embedder: Embedder, limits: Limits, vectors_of: VectorsOf
    ) -> None:
        self._database, self._segments = database, segments
        self._embedder, self._limits, self._vectors_of = embedder, limits, vectors_of

    def put(self, files: Sequence[NewFile], *, by_name: bool) -> None:
        """Put files, all or none.

        Raises:
            InvalidFileError: one cannot be stored.
            StoreBusyError, StoreFullError: nothing was put.
        """
        _check_different([file.id for file in files], "id")
        if by_name:
            _check_different([file.name for file in files], "name")
        cuts = [cut(file, self._embedder.name) for file in files]
        passages = {passage.key: passage for one in cuts for passage in one.passages}
        for _ in range(_TRIES):
            self._embed(list(passages.values()))
            if self._swap(cuts, passages, by_name=by_name):
                return
        raise StoreBusyError("Other writers keep deleting what this put needs; try again.")

    def _embed(self, passages: Sequence[Passage]) -> None:
        with self._database.reading() as connection:
            have = known(connection, passages)
        missing = [passage for passage in passages if passage.key not in have]
        for at in range(0, len(missing), _BATCH):
            batch = missing[at : at + _BATCH]
            vectors = self._vectors(batch)
            with self._database.writing() as connection:
                self._make_room(connection)
                add(connection, batch, vectors)

    def _vectors(self, batch: Sequence[Passage]) -> Vectors:
        with self._database.reading() as connection:
            numbers = buried(connection, batch)
        on_disk = self._vectors_of(numbers.values()) if numbers else {}
        remembered = {key: on_disk[number] for key, number in numbers.items() if number in on_disk}
        fresh = [passage for passage in batch if passage.key not in remembered]
        if fresh:
            vectors = self._checked(self._embedder.embed([passage.text for passage in fresh]))
            remembered |= {passage.key: vector for passage, vector in zip(fresh, vectors, strict=True)}
        return np.stack([remembered[passage.key] for passage in batch])

    def _checked(self, vectors: Vectors) -> Vectors:
        if not np.isfinite(vectors).all():
            raise StoreError(f"The embedder {self._embedder.name!r} gave a vector that is not finite.")
        if vectors.shape[1:] != (self._embedder.dimensions,):
            raise VectorShapeError(
                f"Expected vectors of shape (n, {self._embedder.dimensions}), got {vectors.shape}."
            )
        return vectors

    def _make_room(self, connection: sqlite3.Connection) -> None:
        waiting = connection.execute("SELECT count(*) FROM tail").fetchone()[0]
        if waiting >= self._limits.tail:
            seal_tail(connection, self._segments)

    def _swap(self, cuts: Sequence[Cut], passages: dict[bytes, Passage], *, by_name: bool) -> bool:
        """Whether all passages were still known, so that the files could be put."""
        with self._database.writing() as connection:
            numbers = known(connection, passages.values())
            if len(numbers) < len(passages):
                return False
            generation = advance(connection)
            released = [
                passage
                for one in cuts
                for passage in _replace(connection, one, numbers, generation, by_name=by_name)
            ]
            # Only now: what one file lets go of, another of the same put may hold.
            bury(connection, released)
        return True


def _replace(
    connection: sqlite3.Connection, one: Cut, numbers: dict[bytes, int], generation: int, *, by_name: bool
) -> list[int]:
    created_at, released = int(time.time()), list[int]()
    for id in {one.file.id, *(ids_of_name(connection, one.file.name) if by_name else ())}:
        removed = remove_file(connection, id, generation)
        if removed:
            released.extend(removed.passages)
            created_at = removed.created_at if id == one.file.id else created_at
    put_file(connection, one.file, [numbers[passage.key] for passage in one.passages], created_at)
    return released


def _check_different(values: Sequence[str], what: str) -> None:
    if len(set(values)) < len(values):
        raise InvalidFileError(f"Two of the files have the same {what}; put them one after another.")
