"""Views out of SQLite and segment files: loaded whole, or brought up to date."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np

from retrieval.store.caches import MANIFEST, VECTORS, IndexFacts, load_index, load_words, words_from_texts
from retrieval.store.inverted_file import FlatIndex
from retrieval.store.schema import Facts, facts
from retrieval.store.segment import Segment, open_segment
from retrieval.store.view import Part, Passages, View
from retrieval.store.word_file import WordFile
from retrieval.store.words import WordTail


def load_view(connection: sqlite3.Connection, folder: Path, before: View | None) -> View:
    """The view of this connection's generation, or the one before if that is newer; reuses what it can.

    Raises:
        FileNotFoundError: a segment is not there, because it was just merged away or because it is lost.
        StoreDamagedError: a segment is not what was written.
    """
    now = facts(connection)
    if before and before.generation >= now.generation:
        return before
    if before and before.layout == now.layout and _up_to_date_words(before):
        return _caught_up(connection, before, now)
    return _whole(connection, folder, before, now)


def _whole(connection: sqlite3.Connection, folder: Path, before: View | None, now: Facts) -> View:
    old = {part.name: part for part in before.parts} if before else {}
    segments = connection.execute("SELECT name, checksum FROM segments ORDER BY number")
    sealed = [_sealed(connection, folder, name, checksum, old.get(name)) for name, checksum in segments]
    tail = _extended(connection, _no_tail(now.dimensions))
    files = _files_after(connection, 0)
    parts = (part.recounted(files.values(), ()) for part in (*sealed, tail))
    return View(now.generation, now.layout, tuple(parts), files, max(files, default=0))


def _caught_up(connection: sqlite3.Connection, before: View, now: Facts) -> View:
    added = _files_after(connection, before.last_file)
    rows = connection.execute("SELECT file FROM removed WHERE generation > ?", (before.generation,))
    gone = {file for (file,) in rows} & before.files.keys()
    parts = (*before.parts[:-1], _extended(connection, before.parts[-1]))
    if not added and not gone:
        return replace(before, generation=now.generation, parts=parts)
    removed = [before.files[file] for file in gone]
    files = {file: held for file, held in before.files.items() if file not in gone} | added
    counted = tuple(part.recounted(added.values(), removed) for part in parts)
    return View(now.generation, now.layout, counted, files, max([before.last_file, *added]))


def _sealed(
    connection: sqlite3.Connection, folder: Path, name: str, checksum: int, before: Part | None
) -> Part:
    segment = open_segment(folder / (name + VECTORS), checksum)
    none = np.zeros(len(segment.numbers), np.int32)
    if before and isinstance(before.words, WordFile) and not _has_better(folder, before):
        return replace(before, references=none)
    words = load_words(folder, name, segment) or words_from_texts(connection, segment)
    loaded = load_index(folder, name, segment)
    return Part(name, _in_memory(segment), segment.matrix, words, loaded.index, loaded.facts, none)


def _has_better(folder: Path, part: Part) -> bool:
    """Whether an inverted file was made since the part was loaded."""
    return part.facts.kind == "flat" and (folder / (part.name + MANIFEST)).exists()


def _in_memory(segment: Segment) -> Passages:
    """Numbers are looked up by binary search, which a mapped array would make slow."""
    return np.array(segment.numbers)


def _up_to_date_words(view: View) -> bool:
    """Whether no sealed part has words that were made from the texts of an earlier generation."""
    return not any(isinstance(part.words, WordTail) for part in view.parts[:-1])


def _no_tail(dimensions: int) -> Part:
    none = np.empty((0, dimensions), np.float16)
    return Part(
        name="",
        numbers=np.empty(0, np.int64),
        matrix=none,
        words=WordTail.of(()),
        index=FlatIndex(none),
        facts=IndexFacts("flat", 1.0),
        references=np.empty(0, np.int32),
    )


def _extended(connection: sqlite3.Connection, tail: Part) -> Part:
    last = int(tail.numbers[-1]) if len(tail.numbers) else 0
    rows = connection.execute(
        "SELECT passage, vector, words FROM tail WHERE passage > ? ORDER BY passage", (last,)
    ).fetchall()
    if not rows or not isinstance(tail.words, WordTail):
        return tail
    numbers, vectors, words = zip(*rows, strict=True)
    fresh = np.frombuffer(b"".join(vectors), np.float16).reshape(-1, tail.matrix.shape[1])
    matrix = np.concatenate([tail.matrix, fresh])
    return replace(
        tail,
        numbers=np.concatenate([tail.numbers, np.array(numbers, np.int64)]),
        matrix=matrix,
        words=tail.words.extended(words),
        index=FlatIndex(matrix),
        references=np.concatenate([tail.references, np.zeros(len(rows), np.int32)]),
    )


def _files_after(connection: sqlite3.Connection, last: int) -> dict[int, Passages]:
    rows = connection.execute("SELECT number, passages FROM files WHERE number > ?", (last,))
    return {number: np.frombuffer(held, np.int64) for number, held in rows}
