"""The tables of a store, and its one row of facts."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from retrieval.store.errors import StoreDamagedError, StoreMissingError

FORMAT = 3

_TABLES = """
CREATE TABLE store (
    format INTEGER NOT NULL, embedder TEXT NOT NULL, dimensions INTEGER NOT NULL,
    generation INTEGER NOT NULL, layout INTEGER NOT NULL, lexical_weight REAL);

CREATE TABLE files (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    content_hash TEXT NOT NULL, attributes TEXT NOT NULL, characters INTEGER NOT NULL,
    created_at INTEGER NOT NULL, passages BLOB NOT NULL, pages BLOB NOT NULL);
CREATE INDEX files_by_name ON files (name);
CREATE INDEX files_by_hash ON files (content_hash);

CREATE TABLE attributes (
    key TEXT NOT NULL, kind TEXT NOT NULL, value NOT NULL, file INTEGER NOT NULL,
    PRIMARY KEY (key, kind, value, file)) WITHOUT ROWID;
CREATE INDEX attributes_by_file ON attributes (file);

CREATE TABLE texts (place INTEGER PRIMARY KEY, text TEXT NOT NULL);

CREATE TABLE chunks (
    file INTEGER NOT NULL, number INTEGER NOT NULL, passage INTEGER NOT NULL,
    start INTEGER NOT NULL, end INTEGER NOT NULL, page INTEGER, title TEXT NOT NULL,
    context_start INTEGER NOT NULL, context_end INTEGER NOT NULL,
    PRIMARY KEY (file, number)) WITHOUT ROWID;
CREATE INDEX chunks_by_passage ON chunks (passage);

CREATE TABLE passages (number INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE);
CREATE TABLE dead (passage INTEGER PRIMARY KEY);
CREATE TABLE tail (passage INTEGER PRIMARY KEY, vector BLOB NOT NULL, words BLOB NOT NULL);
CREATE TABLE segments (
    number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
    rows INTEGER NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE removed (file INTEGER PRIMARY KEY, generation INTEGER NOT NULL);
CREATE INDEX removed_by_generation ON removed (generation);
"""
"""passages: texts that are embedded once, whatever number of chunks hold them; files.passages repeats
chunks.passage as int64, because 25,000 blobs load faster than 2.5 million rows. dead: passages that lost
their last chunk. removed: what a reader must take off since its generation; emptied when the layout changes,
because readers then load all anew. files.pages: where pages start in the text, as int64."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds for a store as a whole."""

    embedder: str
    dimensions: int
    generation: int
    """Goes up with each write."""
    layout: int
    """Goes up when the list of segments or their caches changes."""
    lexical_weight: float | None
    """Fitted to labelled questions; None until then."""


def create(connection: sqlite3.Connection, embedder: str, dimensions: int) -> None:
    """Make the tables, unless there are some."""
    if _is_made(connection):
        return
    for statement in _TABLES.split(";"):
        connection.execute(statement)
    connection.execute("INSERT INTO store VALUES (?, ?, ?, 0, 0, NULL)", (FORMAT, embedder, dimensions))


def is_of_format_2(connection: sqlite3.Connection) -> bool:
    """Whether there is something to upgrade."""
    return _is_made(connection) and connection.execute("SELECT format FROM store").fetchone() == (2,)


def upgrade(connection: sqlite3.Connection) -> None:
    """Take from a store of format 2 what it told about files on their way, which nobody asked."""
    if is_of_format_2(connection):
        for column in ("status", "error_code", "error_message"):
            connection.execute(f"ALTER TABLE files DROP COLUMN {column}")
        connection.execute("UPDATE store SET format = ?", (FORMAT,))


def facts(connection: sqlite3.Connection) -> Facts:
    """The facts as they stand.

    Raises:
        StoreMissingError: there are none, because making the store was broken off.
        StoreDamagedError: they are of another format.
    """
    if not _is_made(connection):
        raise StoreMissingError("The folder holds no finished store; create one there.")
    row = connection.execute(
        "SELECT format, embedder, dimensions, generation, layout, lexical_weight FROM store"
    ).fetchone()
    if row is None or row[0] != FORMAT:
        raise StoreDamagedError(f"The store is of another format than {FORMAT}; ingest its files again.")
    return Facts(*row[1:])


def advance(connection: sqlite3.Connection) -> int:
    """Begin the next generation, and return it."""
    connection.execute("UPDATE store SET generation = generation + 1")
    return facts(connection).generation


def relayout(connection: sqlite3.Connection) -> None:
    """Make all readers load the list of segments anew."""
    connection.execute("UPDATE store SET generation = generation + 1, layout = layout + 1")
    connection.execute("DELETE FROM removed")


def _is_made(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'store'").fetchone() is not None
