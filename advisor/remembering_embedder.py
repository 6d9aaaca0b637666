"""An embedder that embeds each text once: folds learn from the same samples again and again.

Only for what is learned from. What is asked is embedded anew, or its latency would not be measured.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from retrieval.embedder import Embedder, Span, Vectors


class RememberingEmbedder:
    """Keeps every vector; not for texts without end."""

    def __init__(self, embedder: Embedder) -> None:
        self.name, self.dimensions = embedder.name, embedder.dimensions
        self.spared = 0.0
        """Seconds that embedding anew would have taken so far."""
        self._embedder = embedder
        self._kept: dict[str, Vectors] = {}
        self._seconds: dict[str, float] = {}

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One vector of length 1 for each text; shape (n, dimensions)."""
        self.spared += sum(self._seconds.get(text, 0.0) for text in texts)
        if unknown := [text for text in dict.fromkeys(texts) if text not in self._kept]:
            began = time.perf_counter()
            vectors = self._embedder.embed(unknown)
            share = (time.perf_counter() - began) / len(unknown)
            self._kept.update(zip(unknown, vectors, strict=True))
            self._seconds.update(dict.fromkeys(unknown, share))
        rows = [self._kept[text] for text in texts]
        return np.stack(rows) if rows else np.empty((0, self.dimensions), np.float32)

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """As the embedder that it asks."""
        return self._embedder.token_spans(texts)
