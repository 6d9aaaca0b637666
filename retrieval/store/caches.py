"""Caches beside a segment, which can always be made again: an inverted file and word lists.

A cache that is missing, or whose header or size is not that of its segment, counts as not there.
Every byte is read by `drop_damaged`, which takes time in proportion to the store.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal
from zlib import crc32

from retrieval.store.arrays_file import ArraysDamagedError, is_whole, read_arrays, written_beside
from retrieval.store.inverted_file import FlatIndex, InvertedFile, RowIndex
from retrieval.store.segment import Segment
from retrieval.store.texts import read_text
from retrieval.store.tuning import build_tuned
from retrieval.store.word_file import WordFile, read_words
from retrieval.store.words import WordTail, word_list

Kind = Literal["flat", "inverted"]
VECTORS, LISTS, MANIFEST, WORDS = ".vectors", ".lists", ".lists.json", ".words"
_BLOCK = 1 << 22


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """What is known of a segment's index."""

    kind: Kind
    recall: float
    """Recall@10 against exact search, measured when the index was made; 1 for an exact one."""
    lists: int = 0
    probes: int = 0


@dataclass(frozen=True, slots=True)
class LoadedIndex:
    """An index with what is known of it."""

    index: RowIndex
    facts: IndexFacts


@dataclass(frozen=True, slots=True)
class Manifest:
    """What makes an inverted file valid; written after it."""

    source: int
    bytes: int
    checksum: int
    recall: float
    lists: int
    probes: int


def load_index(folder: Path, name: str, segment: Segment) -> LoadedIndex:
    """The inverted file of a segment, or an exact index where there is none that is valid."""
    manifest = read_manifest(folder, name, segment)
    with suppress(RuntimeError):
        if manifest is not None:
            index = InvertedFile.load(folder / (name + LISTS), manifest.probes)
            facts = IndexFacts("inverted", manifest.recall, manifest.lists, manifest.probes)
            return LoadedIndex(index, facts)
    return LoadedIndex(FlatIndex(segment.matrix), IndexFacts("flat", 1.0))


def build_index(folder: Path, name: str, segment: Segment) -> None:
    """Make the inverted file of a segment and tune it.

    Raises:
        StoreDamagedError: the segment is not what was written.
        StoreFullError: the disk did not take it.
    """
    segment.check()
    tuned, path = build_tuned(segment.matrix), folder / (name + LISTS)
    with written_beside(path) as out:
        tuned.index.save(out)
    size, checksum = _fingerprint(path)
    manifest = Manifest(
        segment.file.checksum, size, checksum, tuned.recall, tuned.index.lists, tuned.index.probes
    )
    with written_beside(folder / (name + MANIFEST)) as out:
        out.write(json.dumps(asdict(manifest)).encode())


def read_manifest(folder: Path, name: str, segment: Segment) -> Manifest | None:
    """What an inverted file was written with, if it is there and belongs to the segment."""
    with suppress(OSError, ValueError, TypeError):
        manifest = _manifest(folder, name)
        size = (folder / (name + LISTS)).stat().st_size
        if (manifest.source, manifest.bytes) == (segment.file.checksum, size):
            return manifest
    return None


def load_words(folder: Path, name: str, segment: Segment) -> WordFile | None:
    """The word lists of a segment, if they are there and belong to it."""
    with suppress(FileNotFoundError, ArraysDamagedError):
        return read_words(folder / (name + WORDS), segment.file.checksum)
    return None


def drop_damaged(folder: Path, name: str) -> bool:
    """Remove those caches of a segment that are not as they were written, and tell whether there were any."""
    each = {folder / (name + WORDS): _whole_words, folder / (name + MANIFEST): _whole_lists}
    damaged = [path for path, is_whole in each.items() if path.exists() and not is_whole(folder, name)]
    for path in damaged:
        path.unlink(missing_ok=True)
    return bool(damaged)


def words_from_texts(connection: sqlite3.Connection, segment: Segment) -> WordTail:
    """Word lists of a segment, made again from the texts; empty for passages that no chunk holds."""
    return WordTail.of([_word_list(connection, int(number)) for number in segment.numbers])


def _word_list(connection: sqlite3.Connection, passage: int) -> bytes:
    row = connection.execute(
        "SELECT file, start, end, title FROM chunks WHERE passage = ? LIMIT 1", (passage,)
    ).fetchone()
    if row is None:
        return b""
    file, start, end, title = row
    text = read_text(connection, file, start, end)
    return word_list(f"{title}\n{text}" if title else text)


def _whole_words(folder: Path, name: str) -> bool:
    try:
        return is_whole(read_arrays(folder / (name + WORDS)))
    except ArraysDamagedError:
        return False


def _whole_lists(folder: Path, name: str) -> bool:
    try:
        manifest = _manifest(folder, name)
        return _fingerprint(folder / (name + LISTS)) == (manifest.bytes, manifest.checksum)
    except (FileNotFoundError, ValueError, TypeError):
        return False


def _manifest(folder: Path, name: str) -> Manifest:
    return Manifest(**json.loads((folder / (name + MANIFEST)).read_bytes()))


def _fingerprint(path: Path) -> tuple[int, int]:
    size = checksum = 0
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            size, checksum = size + len(block), crc32(block, checksum)
    return size, checksum
