"""Each text is embedded once, with the same vectors as without the memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from advisor.remembering_embedder import RememberingEmbedder
from retrieval.embedder import Vectors
from retrieval.hashing_embedder import HashingEmbedder


class Counting(HashingEmbedder):
    """Counts the texts that it embeds."""

    texts = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.texts += len(texts)
        return super().embed(texts)


def test_embeds_each_text_once_in_whatever_order_it_is_asked_for() -> None:
    counting = Counting()
    memory = RememberingEmbedder(counting)
    memory.embed(["a b", "c d", "a b"])
    assert (counting.texts, memory.spared) == (2, 0.0)
    again = memory.embed(["c d", "e", "a b"])
    assert counting.texts == 3 and memory.spared > 0
    assert np.array_equal(again, HashingEmbedder().embed(["c d", "e", "a b"]))
    assert memory.embed([]).shape == (0, counting.dimensions)
