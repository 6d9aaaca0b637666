"""An embedder without a model: hashed words and parts of words. Fast, deterministic, blind to meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from zlib import crc32

import numpy as np

from retrieval.embedder import Span, Vectors

_TOKEN = re.compile(r"\w+|[^\w\s]")
_GRAM = 4
_GRAM_WEIGHT = 0.3


class HashingEmbedder:
    """Texts that share words, or long parts of words, are alike.

    Args:
        dimensions: buckets that features are hashed into.
    """

    def __init__(self, dimensions: int = 256) -> None:
        self.name = f"hashing-{dimensions}"
        self.dimensions = dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One vector of length 1 for each text; shape (n, dimensions)."""
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for feature, weight in _features(text):
                code = crc32(feature.encode("utf-8", "surrogatepass"))
                row[code % self.dimensions] += weight if code & 0x80000000 else -weight
            if not row.any():
                row[0] = 1
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """Words and punctuation marks."""
        return [[match.span() for match in _TOKEN.finditer(text)] for text in texts]


def _features(text: str) -> Iterator[tuple[str, float]]:
    for word in re.findall(r"\w+", text.lower()):
        yield word, 1.0
        padded = f"<{word}>"
        for at in range(len(padded) - _GRAM + 1):
            yield padded[at : at + _GRAM], _GRAM_WEIGHT
