"""The port to stores of vectors: add some, find the nearest."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.embedder import Vectors
from retrieval.errors import VectorShapeError


class VectorStore(Protocol):
    """Vectors by number, counted from 0 in the order they were added.

    Searches may run together, but not with an add.
    """

    def __len__(self) -> int:
        """How many there are."""
        ...

    def add(self, vectors: Vectors) -> None:
        """Append vectors of shape (n, dimensions).

        Raises:
            VectorShapeError: another shape.
        """
        ...

    def search(self, queries: Vectors, k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Inner products and numbers of the nearest, best first; each of shape (n, min(k, len)).

        Raises:
            VectorShapeError: queries of another shape than (n, dimensions).
        """
        ...

    def vectors(self) -> Vectors:
        """All vectors, in order: what a copy or a save needs."""
        ...


def check_shape(vectors: Vectors, dimensions: int) -> Vectors:
    """The vectors as the store keeps them.

    Raises:
        VectorShapeError: not of shape (n, dimensions).
    """
    if vectors.ndim != 2 or vectors.shape[1] != dimensions:
        raise VectorShapeError(f"Expected vectors of shape (n, {dimensions}), got {vectors.shape}.")
    return np.ascontiguousarray(vectors, dtype=np.float32)
