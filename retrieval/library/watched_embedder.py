"""An embedder that lets somebody look in between, who may see progress or end the work."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from retrieval.embedder import Embedder, Span, Vectors

Watch = Callable[[int], None]
"""Told how many texts were embedded since the last call; ends the work by raising."""
_BATCH = 64


class WatchedEmbedder:
    """The same vectors, a few dozen at a time."""

    def __init__(self, embedder: Embedder, watch: Watch) -> None:
        self._embedder, self._watch = embedder, watch
        self.name, self.dimensions = embedder.name, embedder.dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See the port; texts of like length are embedded together, for the sake of padding."""
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for at in range(0, len(order), _BATCH):
            some = order[at : at + _BATCH]
            vectors[some] = self._embedder.embed([texts[i] for i in some])
            self._watch(len(some))
        return vectors

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """See the port."""
        return self._embedder.token_spans(texts)
