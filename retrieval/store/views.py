"""The current view of a store, shared by all threads and brought up to date by whoever needs it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, Thread

from retrieval.embedder import Vectors
from retrieval.store.caches import IndexFacts, drop_damaged
from retrieval.store.database import Database
from retrieval.store.errors import StoreBusyError, StoreDamagedError
from retrieval.store.limits import Limits
from retrieval.store.loading import load_view
from retrieval.store.schema import facts
from retrieval.store.searching import Searcher
from retrieval.store.view import View

INSPECTION = "inspection of caches"
"""Name of the threads that read caches to the last byte."""
_TRIES = 100
_LOST = 5
"""Times that a segment may be missing because it was just merged away."""


class Views:
    """Hands out searchers. Safe between threads."""

    def __init__(self, database: Database, folder: Path, limits: Limits) -> None:
        self._database, self._folder, self._limits = database, folder, limits
        self._view: View | None = None
        self._lock = Lock()

    @contextmanager
    def searcher(self) -> Iterator[Searcher]:
        """A searcher whose view and connection see the same generation until the end of the block.

        Raises:
            StoreDamagedError: a segment is lost or is not what was written.
        """
        lost = 0
        for _ in range(_TRIES):
            with self._database.reading() as connection:
                try:
                    view = self._current(connection)
                except FileNotFoundError as error:
                    lost += 1
                    if lost == _LOST:
                        raise StoreDamagedError(
                            f"The store lost {error.filename}; restore it from a backup."
                        ) from error
                    continue
                # Another thread may have loaded a newer view since this connection began.
                if view.generation == facts(connection).generation:
                    yield Searcher(view, connection, self._limits.scan)
                    return
        raise StoreBusyError("The store changes too fast to be read; try again.")

    def vectors(self, passages: Iterable[int]) -> dict[int, Vectors]:
        """Vectors of those passages that are on disk, dead or not, by number."""
        with self.searcher() as searcher:
            found = {passage: searcher.view.vector(passage) for passage in passages}
        return {passage: vector for passage, vector in found.items() if vector is not None}

    def forget(self) -> None:
        """Let go of the view's memory."""
        with self._lock:
            self._view = None

    def _current(self, connection: sqlite3.Connection) -> View:
        with self._lock:
            before, self._view = self._view, load_view(connection, self._folder, self._view)
            if fresh := _sealed(self._view) - _sealed(before):
                names = [name for name, _ in fresh]
                Thread(target=self._inspect, args=(names,), name=INSPECTION, daemon=True).start()
            return self._view

    def _inspect(self, names: Sequence[str]) -> None:
        """Read caches to the last byte, and load the view again where one is damaged: then without it."""
        with suppress(OSError):  # Segments are merged away and stores removed at any time.
            if [name for name in names if drop_damaged(self._folder, name)]:
                self.forget()


def _sealed(view: View | None) -> set[tuple[str, IndexFacts]]:
    """The sealed parts of a view; another index makes another part."""
    return {(part.name, part.facts) for part in view.parts[:-1]} if view else set()
