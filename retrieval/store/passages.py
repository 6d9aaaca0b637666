"""Passages: texts that are embedded once, however many chunks hold them, now or again later."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np

from retrieval.embedder import Vectors
from retrieval.store.errors import InvalidFileError
from retrieval.store.filters import check_attributes, kind
from retrieval.store.records import NewChunk, NewFile
from retrieval.store.texts import MAX_CHARACTERS
from retrieval.store.words import word_list

_LONE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Passage:
    """A text as searches see it, with the key that tells whether it was embedded before."""

    key: bytes
    text: str


@dataclass(frozen=True, slots=True)
class Cut:
    """A file with the passages of its chunks, in order."""

    file: NewFile
    passages: tuple[Passage, ...]


def cut(file: NewFile, embedder: str) -> Cut:
    """A file whose chunks have become passages.

    Raises:
        InvalidFileError: a span outside the text, or an id or attributes that cannot be stored.
    """
    check_attributes(file.attributes)
    if kind(file.id) != "text":
        raise InvalidFileError(f"The id {file.id!r} is not Unicode text; give another one.")
    file = _in_unicode(file)
    if len(file.text) > MAX_CHARACTERS:
        raise InvalidFileError(f"{file.name!r} has over {MAX_CHARACTERS} characters; split it.")
    return Cut(file, tuple(_passage(file, chunk, embedder) for chunk in file.chunks))


def known(connection: sqlite3.Connection, passages: Iterable[Passage]) -> dict[bytes, int]:
    """Numbers of those passages that can be found or are about to be, by key."""
    found = {}
    for passage in passages:
        row = connection.execute(
            "SELECT number FROM passages WHERE key = ? AND number NOT IN (SELECT passage FROM dead)",
            (passage.key,),
        ).fetchone()
        if row:
            found[passage.key] = int(row[0])
    return found


def buried(connection: sqlite3.Connection, passages: Iterable[Passage]) -> dict[bytes, int]:
    """Numbers of those passages that are dead but not yet dropped, by key."""
    found = {}
    for passage in passages:
        row = connection.execute("SELECT number FROM passages WHERE key = ?", (passage.key,)).fetchone()
        if row:
            found[passage.key] = int(row[0])
    return found


def add(connection: sqlite3.Connection, passages: Sequence[Passage], vectors: Vectors) -> None:
    """Keep the vectors of passages, but of those that are known the vectors they have.

    A dead one comes back under a new number: what is dead stays dead, so compaction never has to look twice.
    """
    have = known(connection, passages)
    for passage, vector in zip(passages, vectors.astype(np.float16), strict=True):
        if passage.key in have:
            continue
        connection.execute("DELETE FROM passages WHERE key = ?", (passage.key,))
        number = connection.execute("INSERT INTO passages (key) VALUES (?)", (passage.key,)).lastrowid
        connection.execute(
            "INSERT INTO tail VALUES (?, ?, ?)", (number, vector.tobytes(), word_list(passage.text))
        )


def bury(connection: sqlite3.Connection, passages: Iterable[int]) -> None:
    """Declare those passages dead that no chunk holds any more."""
    connection.executemany(
        "INSERT OR IGNORE INTO dead SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM chunks WHERE passage = ?1)",
        ((passage,) for passage in passages),
    )


def forget(connection: sqlite3.Connection, passages: Iterable[int]) -> None:
    """Drop dead passages whose vectors are gone."""
    rows = [(passage,) for passage in passages]
    connection.executemany("DELETE FROM passages WHERE number = ?", rows)
    connection.executemany("DELETE FROM dead WHERE passage = ?", rows)


def _in_unicode(file: NewFile) -> NewFile:
    """The file with a replacement character for each lone surrogate, which SQLite would refuse."""
    chunks = [replace(chunk, title=_LONE.sub("\ufffd", chunk.title)) for chunk in file.chunks]
    return replace(
        file, name=_LONE.sub("\ufffd", file.name), text=_LONE.sub("\ufffd", file.text), chunks=chunks
    )


def _passage(file: NewFile, chunk: NewChunk, embedder: str) -> Passage:
    spans = ((chunk.start, chunk.end), chunk.context or (chunk.start, chunk.end))
    if any(not 0 <= start <= end <= len(file.text) for start, end in spans):
        raise InvalidFileError(
            f"A chunk of {file.name!r} spans {spans}, but the text has {len(file.text)} characters."
        )
    text = file.text[chunk.start : chunk.end]
    titled = f"{chunk.title}\n{text}" if chunk.title else text
    return Passage(blake2b(f"{embedder}\0{titled}".encode(), digest_size=20).digest(), titled)
