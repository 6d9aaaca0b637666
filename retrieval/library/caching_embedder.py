"""An embedder that remembers on disk for a day, so that a text put into two stores is embedded once.

A cache and nothing more: any process may be killed at any time, and whatever is wrong with the file it is
done without. What it keeps of texts that were deleted since goes with time.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path

import numpy as np

from retrieval.embedder import Embedder, Span, Vectors

MOST_VECTORS = 200_000
"""At 384 dimensions 180 MB."""
KEEP_SECONDS = 24 * 3600.0
_WAIT_SECONDS = 5.0
_SETUP = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS vectors (
    number INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE, vector BLOB NOT NULL,
    made REAL NOT NULL);
CREATE INDEX IF NOT EXISTS vectors_by_age ON vectors (made);
"""
_IN_THE_WAY = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}


class CachingEmbedder:
    """The same vectors, those from the cache in half precision as stores keep them. For one thread.

    Args:
        embedder: makes what is not there.
        path: the file; made where there is none, and removed where it is damaged or the disk is full.
        most: vectors that are kept; older ones go.
        seconds: how long they are kept.

    """

    def __init__(
        self,
        embedder: Embedder,
        path: Path,
        *,
        most: int = MOST_VECTORS,
        seconds: float = KEEP_SECONDS,
    ) -> None:
        self._embedder, self._path, self._most, self._seconds = embedder, path, most, seconds
        self.name, self.dimensions = embedder.name, embedder.dimensions
        self._connection: sqlite3.Connection | None = None
        with self._in_spite_of_faults():
            self._connection = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
            self._connection.executescript(_SETUP)
            self._drop_old(self._connection)

    def close(self) -> None:
        """Let go of the file; from then on nothing is remembered."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See the port."""
        keys = [self._key(text) for text in texts]
        kept = self._read(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in kept}
        if missing:
            made = dict(zip(missing, self._embedder.embed(list(missing.values())), strict=True))
            self._write(made)
            kept |= made
        return np.stack([kept[key] for key in keys]) if keys else self._embedder.embed(texts)

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """See the port."""
        return self._embedder.token_spans(texts)

    def _key(self, text: str) -> bytes:
        return blake2b(f"{self.name}\0{text}".encode("utf-8", "replace"), digest_size=20).digest()

    def _read(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        found: dict[bytes, Vectors] = {}
        connection = self._connection
        if connection is None:
            return found
        with self._in_spite_of_faults():
            for key in keys:
                row = connection.execute("SELECT vector FROM vectors WHERE key = ?", (key,)).fetchone()
                if row and len(row[0]) == 2 * self.dimensions:
                    found[key] = np.frombuffer(row[0], np.float16).astype(np.float32)
        return found

    def _write(self, made: dict[bytes, Vectors]) -> None:
        connection = self._connection
        if connection is None:
            return
        rows = [(key, one.astype(np.float16).tobytes(), time.time()) for key, one in made.items()]
        with self._in_spite_of_faults():
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT OR REPLACE INTO vectors (key, vector, made) VALUES (?, ?, ?)", rows
            )
            self._drop_old(connection)
            connection.execute("COMMIT")

    def _drop_old(self, connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM vectors WHERE made <= ?", (time.time() - self._seconds,))
        connection.execute(
            "DELETE FROM vectors WHERE number <= (SELECT max(number) FROM vectors) - ?", (self._most,)
        )

    @contextmanager
    def _in_spite_of_faults(self) -> Iterator[None]:
        """After a fault nothing is remembered; a file that is damaged, or without room, goes."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            with suppress(sqlite3.Error):
                self.close()
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _IN_THE_WAY:
                for suffix in ("", "-wal", "-shm"):
                    self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
