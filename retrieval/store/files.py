"""Files and their chunks in SQLite: put, replaced, deleted, listed. Knows nothing about vectors.

Each put makes a new number, so the chunks of a number never change.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.store.errors import UnknownFileError
from retrieval.store.filters import attributes_json, store_attributes
from retrieval.store.records import (
    Attributes,
    NewChunk,
    NewFile,
    StoredChunk,
    StoredFile,
)
from retrieval.store.texts import delete_text, read_text, store_text

_COLUMNS = """SELECT id, name, content_hash, attributes, length(passages) / 8, characters, created_at, pages
    FROM files """
_CHUNKS = "SELECT file, number, start, end, page, title, context_start, context_end FROM chunks "
ChunkRow = tuple[int, int, int, int, int | None, str, int, int]


def put_file(connection: sqlite3.Connection, new: NewFile, passages: Sequence[int], created_at: int) -> None:
    """Add a file whose chunks hold the given passages."""
    numbers = np.array(passages, np.int64).tobytes()
    file = connection.execute(
        "INSERT INTO files (id, name, content_hash, attributes, characters, created_at, passages, pages)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING number",
        (
            new.id,
            new.name,
            new.content_hash,
            attributes_json(new.attributes),
            len(new.text),
            created_at,
            numbers,
            np.array(new.pages, np.int64).tobytes(),
        ),
    ).fetchone()[0]
    store_attributes(connection, file, new.attributes)
    store_text(connection, file, new.text)
    rows = (
        _chunk_row(file, number, passage, chunk)
        for number, (passage, chunk) in enumerate(zip(passages, new.chunks, strict=True))
    )
    connection.executemany("INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


@dataclass(frozen=True, slots=True)
class Removed:
    """What a removed file leaves behind."""

    created_at: int
    passages: tuple[int, ...]
    """Those that it held; to be buried when nothing else holds them."""


def remove_file(connection: sqlite3.Connection, id: str, generation: int) -> Removed | None:
    """Remove a file and what it holds, if there is one."""
    row = connection.execute("SELECT number, created_at FROM files WHERE id = ?", (id,)).fetchone()
    if row is None:
        return None
    file, created_at = row
    held = connection.execute("SELECT DISTINCT passage FROM chunks WHERE file = ?", (file,)).fetchall()
    for statement in (
        "DELETE FROM chunks WHERE file = ?",
        "DELETE FROM attributes WHERE file = ?",
        "DELETE FROM files WHERE number = ?",
    ):
        connection.execute(statement, (file,))
    delete_text(connection, file)
    connection.execute("INSERT INTO removed VALUES (?, ?)", (file, generation))
    return Removed(created_at, tuple(passage for (passage,) in held))


def set_attributes(connection: sqlite3.Connection, id: str, attributes: Attributes) -> None:
    """Give a file other attributes."""
    number = number_of(connection, id)
    connection.execute(
        "UPDATE files SET attributes = ? WHERE number = ?", (attributes_json(attributes), number)
    )
    store_attributes(connection, number, attributes)


def number_of(connection: sqlite3.Connection, id: str) -> int:
    """The number of a file.

    Raises:
        UnknownFileError: there is none of that id.
    """
    row = connection.execute("SELECT number FROM files WHERE id = ?", (id,)).fetchone()
    if row is None:
        raise UnknownFileError(f"The store has no file {id!r}; list its files to see which it has.")
    return int(row[0])


def ids_of_name(connection: sqlite3.Connection, name: str) -> list[str]:
    """Ids of the files of one name."""
    return [id for (id,) in connection.execute("SELECT id FROM files WHERE name = ?", (name,))]


def read_file(connection: sqlite3.Connection, id: str) -> StoredFile:
    """A file as it stands.

    Raises:
        UnknownFileError: there is none of that id.
    """
    return _file(connection.execute(_COLUMNS + "WHERE number = ?", (number_of(connection, id),)).fetchone())


def read_files(connection: sqlite3.Connection, number: int | None = None) -> list[StoredFile]:
    """All files, those that were put last at the end; or the one of a number."""
    if number is not None:
        return [_file(row) for row in connection.execute(_COLUMNS + "WHERE number = ?", (number,))]
    return [_file(row) for row in connection.execute(_COLUMNS + "ORDER BY number")]


def files_of_hash(connection: sqlite3.Connection, content_hash: str) -> list[StoredFile]:
    """Files that were made of the same bytes."""
    return [_file(row) for row in connection.execute(_COLUMNS + "WHERE content_hash = ?", (content_hash,))]


def read_chunks(connection: sqlite3.Connection, id: str) -> list[StoredChunk]:
    """The chunks of a file, in order.

    Raises:
        UnknownFileError: there is none of that id.
    """
    rows = connection.execute(_CHUNKS + "WHERE file = ? ORDER BY number", (number_of(connection, id),))
    return [stored_chunk(connection, row) for row in rows]


def chunks_of_passage(connection: sqlite3.Connection, passage: int) -> sqlite3.Cursor:
    """Rows of the chunks that hold a passage, to be read one by one."""
    return connection.execute(_CHUNKS + "WHERE passage = ? ORDER BY file, number", (passage,))


def stored_chunk(connection: sqlite3.Connection, row: ChunkRow) -> StoredChunk:
    """A chunk with its text."""
    file, number, start, end, page, title, context_start, context_end = row
    text = read_text(connection, file, start, end)
    return StoredChunk(number, start, end, page, title, (context_start, context_end), text)


def _chunk_row(file: int, number: int, passage: int, chunk: NewChunk) -> tuple[object, ...]:
    context = chunk.context or (chunk.start, chunk.end)
    return file, number, passage, chunk.start, chunk.end, chunk.page, chunk.title, *context


def _file(row: tuple[object, ...]) -> StoredFile:
    id, name, content_hash, attributes, chunks, characters, created_at, pages = row
    return StoredFile(
        str(id),
        str(name),
        str(content_hash),
        json.loads(str(attributes)),
        int(str(chunks)),
        int(str(characters)),
        int(str(created_at)),
        tuple(np.frombuffer(pages, np.int64).tolist()),  # type: ignore[call-overload]
    )
