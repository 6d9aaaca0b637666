"""Vectors in one matrix: exact, without any library; what other stores are compared with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from retrieval.embedder import Vectors
from retrieval.vector_store import check_shape


class NumpyStore:
    """All inner products, sorted; equal ones by number."""

    def __init__(self, dimensions: int) -> None:
        self._vectors: Vectors = np.empty((0, dimensions), dtype=np.float32)

    def __len__(self) -> int:
        return len(self._vectors)

    def add(self, vectors: Vectors) -> None:
        """Append vectors of shape (n, dimensions)."""
        checked = check_shape(vectors, self._vectors.shape[1])
        self._vectors = np.concatenate([self._vectors, checked])

    def search(self, queries: Vectors, k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Inner products and numbers of the nearest, best first; each of shape (n, min(k, len))."""
        scores = check_shape(queries, self._vectors.shape[1]) @ self._vectors.T
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(scores, order, axis=1), order.astype(np.int64)

    def vectors(self) -> Vectors:
        """All vectors, in order."""
        return self._vectors
