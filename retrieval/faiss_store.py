"""Vectors in a flat FAISS index: exact inner products, fast for batches of questions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from retrieval.embedder import Vectors
from retrieval.vector_store import check_shape


class FaissStore:
    """An exact store."""

    def __init__(self, dimensions: int) -> None:
        import faiss

        self._dimensions = dimensions
        self._index = faiss.IndexFlatIP(dimensions)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, vectors: Vectors) -> None:
        """Append vectors of shape (n, dimensions)."""
        self._index.add(check_shape(vectors, self._dimensions))

    def search(self, queries: Vectors, k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Inner products and numbers of the nearest, best first; each of shape (n, min(k, len))."""
        checked = check_shape(queries, self._dimensions)
        k = min(k, len(self))
        if k < 1:
            return np.empty((len(checked), 0), np.float32), np.empty((len(checked), 0), np.int64)
        scores, numbers = self._index.search(checked, k)
        return scores, numbers

    def vectors(self) -> Vectors:
        """All vectors, in order."""
        found: Vectors = self._index.reconstruct_n(0, len(self))
        return found
