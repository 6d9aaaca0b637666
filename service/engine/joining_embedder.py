"""An embedder for many callers: what they ask at the same time is embedded together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.embedder import Embedder, Span, Vectors
from service.engine.joining import Joiner

MOST_TEXTS = 64
"""That are embedded in one go; more wait for the next turn."""


class JoiningEmbedder:
    """The vectors of another embedder, but for rounding."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name, self.dimensions = embedder.name, embedder.dimensions
        self._joiner: Joiner[str, NDArray[np.float32]] = Joiner(MOST_TEXTS)

    @property
    def waiting(self) -> int:
        """Callers that wait for the next turn."""
        return self._joiner.waiting

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See the port."""
        if not texts:
            return self._embedder.embed(texts)
        return np.stack(self._joiner.ask(texts, self._each))

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """See the port."""
        return self._embedder.token_spans(texts)

    def _each(self, texts: list[str]) -> list[NDArray[np.float32]]:
        return list(self._embedder.embed(texts))
