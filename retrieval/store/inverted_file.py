"""FAISS: exact search in a matrix of half precision, and inverted files for large ones.

Knows nothing about passages: rows go in, rows come out, to be scored again by whoever asks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.embedder import Vectors
from retrieval.store.segment import Halves

Rows = NDArray[np.int64]
_SLACK = 8
"""Rows more than asked for, because FAISS sums in another order than we do."""
_DEPTH = 4
"""Rows that an inverted file hands over for each that is asked for, to make up for 8 bits a number."""
_BLOCK = 32_768
_TRAINING = 48
"""Vectors that each list learns its centre from."""


class RowIndex(Protocol):
    """Finds rows of a matrix that lie near a query. Searches may run together."""

    def candidates(self, query: Vectors, k: int, allowed: NDArray[np.bool_] | None) -> Rows:
        """Rows, without order, among which the k nearest should be; only allowed ones."""
        ...


def _faiss() -> Any:
    """The library, whose type stubs do not know what its wrappers take."""
    import faiss

    return faiss


class FlatIndex:
    """All rows of a matrix, exact."""

    def __init__(self, matrix: Halves) -> None:
        faiss = _faiss()
        self._index = faiss.IndexScalarQuantizer(
            matrix.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        self._index.is_trained = True
        self._index.add_sa_codes(np.ascontiguousarray(matrix).view(np.uint8))

    def candidates(self, query: Vectors, k: int, allowed: NDArray[np.bool_] | None) -> Rows:
        """The k nearest rows, and a few more."""
        depth = min(k + _SLACK, self._index.ntotal)
        selector = _selector(allowed)
        parameters = _faiss().SearchParameters(sel=selector) if selector else None
        return _found(self._index, query, depth, parameters)


class InvertedFile:
    """Rows in lists around centres, of which a search reads the nearest few."""

    def __init__(self, index: Any, probes: int) -> None:
        self._index, self.probes = index, probes

    @property
    def lists(self) -> int:
        """How many lists there are."""
        return int(self._index.nlist)

    @classmethod
    def build(cls, matrix: Halves, lists: int) -> InvertedFile:
        """Learn centres from a sample, then put every row into a list at 8 bits a number."""
        index = _faiss().index_factory(matrix.shape[1], f"IVF{lists},SQ8", _faiss().METRIC_INNER_PRODUCT)
        index.cp.min_points_per_centroid = 1  # No warning where little is there to learn from.
        with _threads(os.cpu_count() or 1):
            index.train(_sample(matrix, lists * _TRAINING))
            for at in range(0, len(matrix), _BLOCK):
                index.add(matrix[at : at + _BLOCK].astype(np.float32))
        return cls(index, 1)

    @classmethod
    def load(cls, path: Path, probes: int) -> InvertedFile:
        """An index as it was saved, whose lists stay in the file, mapped into memory.

        Raises:
            RuntimeError: the file is not what was saved.
        """
        faiss = _faiss()
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY)
        # Threads that read ahead cost more than the few lists of a search.
        faiss.downcast_InvertedLists(index.invlists).prefetch_nthread = 0
        return cls(index, probes)

    def save(self, out: BinaryIO) -> None:
        """Write the index to a stream.

        Raises:
            OSError: the stream did not take it.
        """
        faiss = _faiss()
        faiss.write_index(self._index, faiss.PyCallbackIOWriter(out.write))

    def candidates(self, query: Vectors, k: int, allowed: NDArray[np.bool_] | None) -> Rows:
        """Rows near the query.

        The fewer are allowed the more lists are read, so that as many allowed rows are looked at.
        """
        selector, probes = _selector(allowed), self.probes
        if allowed is not None:
            probes = min(self.lists, int(np.ceil(probes * len(allowed) / max(1, int(allowed.sum())))))
        parameters = _faiss().SearchParametersIVF(nprobe=probes, **({"sel": selector} if selector else {}))
        return _found(self._index, query, min(_DEPTH * k + _SLACK, self._index.ntotal), parameters)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """How many cores FAISS uses in this thread; one for a search, as callers run side by side."""
    before = _faiss().omp_get_max_threads()
    _faiss().omp_set_num_threads(count)
    try:
        yield
    finally:
        _faiss().omp_set_num_threads(before)


def _selector(allowed: NDArray[np.bool_] | None) -> Any:
    return None if allowed is None else _faiss().IDSelectorBitmap(np.packbits(allowed, bitorder="little"))


def _found(index: Any, query: Vectors, k: int, parameters: Any) -> Rows:
    with _threads(1):
        _, rows = index.search(query[np.newaxis], k, params=parameters)
    found: Rows = rows[0]
    return found[found >= 0]


def _sample(matrix: Halves, size: int) -> Vectors:
    if size >= len(matrix):
        return matrix.astype(np.float32)
    rows = np.random.default_rng(1).choice(len(matrix), size, replace=False)
    return matrix[np.sort(rows)].astype(np.float32)
