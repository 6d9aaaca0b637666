"""Word lists of a segment in a file: words in order, each with its postings. A cache of the texts' words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.store.arrays_file import ArraysDamagedError, ArraysFile, read_arrays, write_arrays
from retrieval.store.words import Numbers, Postings, WordTail

_POSTING = np.dtype([("row", "<u4"), ("count", "<u2")])
_PER_BLOCK = 4_000_000
"""Postings that a merge holds in memory at once, roughly."""
Sorted = tuple[NDArray[np.uint64], NDArray[Any]]
"""Hashes, ascending, and a posting for each."""


@dataclass(frozen=True, slots=True)
class WordFile:
    """Postings of a segment's rows, mapped into memory."""

    file: ArraysFile

    @property
    def lengths(self) -> Numbers:
        """Words of each row, repeated ones counted."""
        return self.file.arrays["lengths"]

    def postings(self, word: int) -> Postings:
        """Where a word stands."""
        vocabulary, starts = self.file.arrays["words"], self.file.arrays["starts"]
        at = int(np.searchsorted(vocabulary, np.uint64(word)))
        if at == len(vocabulary) or vocabulary[at] != word:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        here = self.file.arrays["postings"][int(starts[at]) : int(starts[at + 1])]
        return here["row"], here["count"]

    def between(self, low: int, high: int) -> Sorted:
        """All postings of the words from `low` up to but not `high`."""
        vocabulary, starts = self.file.arrays["words"], self.file.arrays["starts"]
        first, last = np.searchsorted(vocabulary, np.array([low, high - 1], np.uint64))
        last += int(last < len(vocabulary) and vocabulary[last] == high - 1)
        hashes = np.repeat(vocabulary[first:last], np.diff(starts[first : last + 1]))
        return hashes, self.file.arrays["postings"][int(starts[first]) : int(starts[last])]


def write_words(path: Path, source: int, lengths: Numbers, blocks: Iterable[Sorted]) -> None:
    """Write word lists; `source` is the checksum of the segment that they belong to."""
    vocabulary: list[NDArray[np.uint64]] = []
    sizes: list[Numbers] = []

    def postings() -> Iterator[NDArray[Any]]:
        yield np.empty(0, _POSTING)
        for hashes, block in blocks:
            found, counts = np.unique(hashes, return_counts=True)
            vocabulary.append(found)
            sizes.append(counts)
            yield block

    def words() -> Iterator[NDArray[np.uint64]]:
        yield np.concatenate([np.empty(0, np.uint64), *vocabulary])

    def starts() -> Iterator[NDArray[np.int64]]:
        yield np.concatenate([[0], *sizes]).cumsum(dtype=np.int64)

    # The generators run in this order, so the vocabulary is complete when its turn comes.
    arrays: dict[str, Iterable[NDArray[Any]]] = {
        "postings": postings(),
        "words": words(),
        "starts": starts(),
        "lengths": [lengths.astype(np.uint32)],
    }
    write_arrays(path, {"source": source}, arrays)


def read_words(path: Path, source: int) -> WordFile:
    """Word lists as they were written for a segment.

    Raises:
        FileNotFoundError: there are none.
        ArraysDamagedError: they are damaged, or belong to another segment.
    """
    file = read_arrays(path)
    if file.facts.get("source") != source:
        raise ArraysDamagedError(f"{path.name} belongs to another segment")
    return WordFile(file)


def in_order(tail: WordTail) -> Iterator[Sorted]:
    """The word lists of a tail as one block."""
    yield _sorted(tail.hashes, tail.rows, tail.counts)


def merged(
    files: Sequence[tuple[WordFile, NDArray[np.int64]]], per_block: int = _PER_BLOCK
) -> Iterator[Sorted]:
    """Word lists of several files as one; each comes with the new number of each of its rows, or -1."""
    total = sum(len(one.file.arrays["postings"]) for one, _ in files)
    shares = 1 + total // per_block
    bounds = [share * 2**64 // shares for share in range(shares + 1)]
    for low, high in pairwise(bounds):
        hashes, rows, counts = [], [], []
        for one, renumbered in files:
            words, found = one.between(low, high)
            new = renumbered[found["row"]]
            hashes.append(words[new >= 0])
            rows.append(new[new >= 0])
            counts.append(found["count"][new >= 0])
        yield _sorted(np.concatenate(hashes), np.concatenate(rows), np.concatenate(counts))


def merged_lengths(files: Sequence[tuple[WordFile, NDArray[np.int64]]], rows: int) -> Numbers:
    """Lengths of the rows of several files as one."""
    lengths = np.zeros(rows, np.uint32)
    for one, renumbered in files:
        lengths[renumbered[renumbered >= 0]] = one.lengths[renumbered >= 0]
    return lengths


def _sorted(hashes: NDArray[np.uint64], rows: Numbers, counts: Numbers) -> Sorted:
    order = np.lexsort((rows, hashes))
    postings = np.empty(len(order), _POSTING)
    postings["row"], postings["count"] = rows[order], counts[order]
    return hashes[order], postings
