"""The port to embedding models: texts to vectors whose inner product is their likeness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Shape (n, d), one vector a row."""
Span = tuple[int, int]
"""Start and end in characters of a text."""


class Embedder(Protocol):
    """A model that turns texts into vectors; safe between threads."""

    @property
    def name(self) -> str:
        """Tells models with other vectors apart."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One vector of length 1 for each text, in order; shape (n, dimensions)."""
        ...

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """Where the tokens of each text stand, for cutting texts to what the model can read."""
        ...
