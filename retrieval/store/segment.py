"""Segments: sealed vectors of passages in one immutable file, half precision, mapped into memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.store.arrays_file import ArraysDamagedError, ArraysFile, is_whole, read_arrays, write_arrays
from retrieval.store.errors import StoreDamagedError

Halves = NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Segment:
    """Vectors of passages, ordered by passage."""

    file: ArraysFile

    @property
    def numbers(self) -> NDArray[np.int64]:
        """Passages, ascending; shape (rows,)."""
        return self.file.arrays["numbers"]

    @property
    def matrix(self) -> Halves:
        """Vectors of length 1; shape (rows, dimensions)."""
        return self.file.arrays["matrix"]

    def check(self) -> None:
        """Read every byte.

        Raises:
            StoreDamagedError: one is not as it was written.
        """
        if not is_whole(self.file):
            raise _damaged(f"the vectors of {self.file.path.name} have changed since they were written")


def write_segment(path: Path, embedder: str, numbers: NDArray[np.int64], blocks: Iterable[Halves]) -> int:
    """Write vectors of passages, given in blocks, and return the checksum.

    Raises:
        StoreFullError: the disk did not take it.
    """
    return write_arrays(path, {"embedder": embedder}, {"numbers": [numbers], "matrix": blocks})


def open_segment(path: Path, checksum: int) -> Segment:
    """A segment as it was written.

    Raises:
        FileNotFoundError: it is not there.
        StoreDamagedError: it is not what was written.
    """
    try:
        file = read_arrays(path)
    except ArraysDamagedError as error:
        raise _damaged(str(error)) from error
    if file.checksum != checksum:
        raise _damaged(f"{path.name} is another file than the one that was written")
    return Segment(file)


def _damaged(why: str) -> StoreDamagedError:
    return StoreDamagedError(
        f"The store is damaged: {why}. Restore it from a backup or ingest its files into a new store."
    )
