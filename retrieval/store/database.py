"""Connections to the store's SQLite file: consistent reads, exclusive writes, errors in our words.

Knows nothing about what the tables mean. SQLite's own lock is what makes writers of all processes
take turns; readers never wait.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from retrieval.store.errors import StoreBusyError, StoreDamagedError, StoreError, StoreFullError

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class Database:
    """A pool of connections to one file. Safe between threads."""

    def __init__(self, path: Path, wait_s: float) -> None:
        self._path, self._wait_s = path, wait_s
        self._idle: list[sqlite3.Connection] = []
        self._lock, self._closed = Lock(), False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state of the store until the end of the block.

        Raises:
            StoreDamagedError: SQLite cannot read its file.
        """
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection that alone may write; all is kept at the end of the block, nothing after an error.

        Raises:
            StoreBusyError: other writers held the store for longer than `wait_s`.
            StoreFullError: the disk did not take the write.
            StoreDamagedError: SQLite cannot read its file.
        """
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    def shrink_log(self) -> None:
        """Move SQLite's log into its file: under constant searches it would only grow."""
        with self._in_our_words():
            connection = self._take()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._give_back(connection)

    def close(self) -> None:
        """Close all connections that nobody uses; the others close after use."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._in_our_words():
            connection = self._take()
            try:
                connection.execute(begin)
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.rollback()
                connection.close()
                raise
            self._give_back(connection)

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise StoreError("The store is closed; open it again.")
            if self._idle:
                return self._idle.pop()
        return self._connect()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=self._wait_s, isolation_level=None, check_same_thread=False
        )
        try:
            self._keep_a_log(connection)
            # FULL: an acknowledged write outlives a power failure, not only a crash.
            connection.execute("PRAGMA synchronous = FULL")
        except BaseException:
            connection.close()
            raise
        return connection

    def _keep_a_log(self, connection: sqlite3.Connection) -> None:
        """Switch to write-ahead logging. SQLite's own timeout does not cover two who switch at once."""
        deadline = time.monotonic() + self._wait_s
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in _BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.005)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
            place = repr(self._path.parent.name)
            if code in _BUSY:
                raise StoreBusyError(
                    f"Other writers held the store {place} for over {self._wait_s:g} s; try again."
                ) from error
            if code in _FULL:
                raise StoreFullError(
                    f"The disk did not take a write to the store {place} ({error}); "
                    "the store is as it was: free some space and try again."
                ) from error
            if code in _DAMAGED:
                raise StoreDamagedError(
                    f"The database of the store {place} is damaged ({error}); restore it from a backup "
                    "or ingest its files again."
                ) from error
            raise
