"""What a search looks at: an immutable state of the store's vectors and words, as of one generation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from retrieval.store.caches import IndexFacts
from retrieval.store.inverted_file import RowIndex
from retrieval.store.segment import Halves
from retrieval.store.words import WordIndex

Passages = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Part:
    """Vectors and words of some passages, with the number of chunks that hold each."""

    name: str
    """Name of the segment; empty for the fresh tail."""
    numbers: Passages
    """Passages, ascending; shape (rows,)."""
    matrix: Halves
    """Shape (rows, dimensions)."""
    words: WordIndex
    index: RowIndex
    facts: IndexFacts
    references: NDArray[np.int32]
    """For each row, how many chunks hold it; those with none are dead or not yet put."""

    @cached_property
    def live(self) -> Mask:
        """Rows that some chunk holds."""
        return self.references > 0

    @cached_property
    def live_rows(self) -> int:
        """How many rows some chunk holds."""
        return int(self.live.sum())

    @cached_property
    def live_words(self) -> int:
        """Words of the rows that some chunk holds."""
        return int(self.words.lengths[self.live].sum())

    def rows_of(self, passages: Passages) -> NDArray[np.int64]:
        """Rows of those passages that are here, in the order of the passages."""
        if not len(self.numbers):
            return np.empty(0, np.int64)
        rows = np.searchsorted(self.numbers, passages)
        rows[rows == len(self.numbers)] = 0
        found: NDArray[np.int64] = rows[self.numbers[rows] == passages]
        return found

    def mask_of(self, passages: Passages) -> Mask:
        """Which rows are those of some passages."""
        mask = np.zeros(len(self.numbers), np.bool_)
        mask[self.rows_of(passages)] = True
        return mask

    def recounted(self, added: Iterable[Passages], removed: Iterable[Passages]) -> Part:
        """The same part after files came and went."""
        up, down = self._rows(added), self._rows(removed)
        if not len(up) and not len(down):
            return self
        references = self.references.copy()
        np.add.at(references, up, np.int32(1))  # A plain 1 takes forty times as long.
        np.subtract.at(references, down, np.int32(1))
        return replace(self, references=references)

    def _rows(self, each: Iterable[Passages]) -> NDArray[np.int64]:
        return self.rows_of(np.concatenate([np.empty(0, np.int64), *each]))


@dataclass(frozen=True)
class Wanted:
    """What a filter leaves."""

    files: Set[int]
    masks: tuple[Mask, ...]
    """For each part, which rows some of the files hold."""

    @cached_property
    def rows(self) -> tuple[NDArray[np.int64], ...]:
        """For each part, the rows that some of the files hold, ascending."""
        return tuple(np.flatnonzero(mask) for mask in self.masks)


@dataclass(frozen=True)
class View:
    """All parts, and which passages each file holds."""

    generation: int
    layout: int
    parts: tuple[Part, ...]
    """Sealed segments, then the tail."""
    files: Mapping[int, Passages]
    last_file: int
    """The highest number of a file that was ever seen."""
    filtered: dict[str, Wanted] = field(default_factory=dict, init=False, compare=False)
    """What the filters of the last searches leave, because searches tend to come with the same ones."""

    @cached_property
    def live_rows(self) -> int:
        """Passages that some chunk holds."""
        return sum(part.live_rows for part in self.parts)

    @cached_property
    def live_words(self) -> int:
        """Words of the passages that some chunk holds."""
        return sum(part.live_words for part in self.parts)

    def wanted(self, files: Set[int]) -> Wanted:
        """The rows that some files hold."""
        held = [self.files[file] for file in files if file in self.files]
        passages = np.concatenate([np.empty(0, np.int64), *held])
        return Wanted(files, tuple(part.mask_of(passages) for part in self.parts))

    def vector(self, passage: int) -> NDArray[np.float32] | None:
        """The vector of a passage, if it is here."""
        for part in self.parts:
            rows = part.rows_of(np.array([passage], np.int64))
            if len(rows):
                return np.asarray(part.matrix[rows[0]], np.float32)
        return None
