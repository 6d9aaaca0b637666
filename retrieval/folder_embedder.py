"""An embedding model of the user's own: a folder as sentence-transformers saves it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.fingerprint import folder_hash
from generation.surrogates import without_surrogates
from retrieval.chunking import WINDOW_TOKENS
from retrieval.embedder import Span, Vectors
from retrieval.errors import EmbedderUnusableError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 32


class FolderEmbedder:
    """Loads on first use and stays in memory; asks no hub, reads no pickle. Safe between threads.

    Its name holds a hash of the folder, so that vectors of another model are never mixed with its own.

    Args:
        folder: as `SentenceTransformer.save` writes it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loading, self._running = RLock(), Lock()

    @cached_property
    def name(self) -> str:
        """The folder's name and what it holds.

        Raises:
            EmbedderUnusableError: there is no such folder.
        """
        if not (self._folder / "modules.json").is_file():
            raise self._unusable("there is no modules.json")
        return f"{self._folder.name}@{folder_hash(self._folder)[:8]}"

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self._loaded.get_embedding_dimension() or 0)

    @property
    def longest(self) -> int:
        """Tokens of a text that is read to the end."""
        return self._longest(self._loaded)

    @property
    def vocabulary(self) -> int:
        """Tokens are numbers below this one."""
        return len(self._loaded.tokenizer)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One vector of length 1 for each text; shape (n, dimensions).

        Raises:
            EmbedderUnusableError: the folder holds no such model.
        """
        return self._encoded([without_surrogates(text) for text in texts])

    def embed_tokens(self, tokens: Sequence[Sequence[int]]) -> Vectors:
        """The same for texts that are spelled by tokens, without the marks around them."""
        return self._encoded([self._loaded.tokenizer.decode(list(ids)) for ids in tokens])

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """Where the tokens of each text stand."""
        if not texts:
            return []
        with self._running:
            encoded = self._loaded.tokenizer(
                [without_surrogates(text) for text in texts],
                add_special_tokens=False,
                return_offsets_mapping=True,
                verbose=False,
            )
        return [[(start, end) for start, end in spans] for spans in encoded["offset_mapping"]]

    def _encoded(self, texts: list[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimensions), np.float32)
        model = self._loaded
        with self._running:
            vectors = model.encode(
                texts, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
            )
        return np.asarray(vectors, np.float32)

    @property
    def _loaded(self) -> SentenceTransformer:
        with self._loading:
            return self._model

    @cached_property
    def _model(self) -> SentenceTransformer:
        from sentence_transformers import SentenceTransformer

        try:
            model = SentenceTransformer(
                str(self._folder), local_files_only=True, model_kwargs={"use_safetensors": True}
            )
        except (OSError, ValueError, ImportError) as error:
            raise self._unusable(str(error)) from error
        if self._longest(model) < WINDOW_TOKENS:
            raise self._unusable(
                f"it reads {self._longest(model)} tokens, and texts are cut into windows of {WINDOW_TOKENS}"
            )
        return model.eval()

    @staticmethod
    def _longest(model: Any) -> int:
        return int(model.max_seq_length) - len(model.tokenizer("")["input_ids"])

    def _unusable(self, why: str) -> EmbedderUnusableError:
        return EmbedderUnusableError(
            f"The folder {self._folder.name!r} holds no usable embedding model: {why}. Save one there with "
            "sentence-transformers, as safetensors."
        )
