"""The embedder and the vector stores in memory: searched, read, and changed where that takes a moment.

Ingestion writes to the same stores from a process of its own; they allow that.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from generation.errors import UnknownModelError
from retrieval.embedder import Embedder
from retrieval.library.embedding import embed_inputs
from retrieval.library.passages import Passage, find_passages
from retrieval.reranker import Reranker, required
from retrieval.store.errors import StoreMissingError, UnknownFileError
from retrieval.store.filters import parse_filter
from retrieval.store.records import Value
from retrieval.store.store import Store
from service.engine.joining_embedder import JoiningEmbedder
from service.engine.port import Embedded, Question

OPEN_STORES = 32


class Shelves:
    """Opens stores as they are asked for; safe between threads."""

    def __init__(
        self,
        embedder: Callable[[], Embedder],
        folder: Callable[[str], Path],
        reranker: Reranker | None = None,
    ) -> None:
        self._embedder, self._folder, self._reranker = embedder, folder, reranker
        self._of_questions: Embedder | None = None
        self._stores: OrderedDict[str, Store] = OrderedDict()
        self._opening = threading.Lock()

    def embed(self, model: str, inputs: Sequence[str] | Sequence[Sequence[int]]) -> Embedded:
        """See the engine's port."""
        embedder = self._embedder()
        if model != embedder.name:
            raise UnknownModelError(f"The model {model!r} does not embed; use {embedder.name!r}.")
        vectors, tokens = embed_inputs(embedder, inputs)
        return Embedded(vectors.astype(np.dtype("<f4")).tobytes(), embedder.dimensions, tokens)

    def search(self, vector_store: str, question: Question) -> list[Passage]:
        """See the engine's port."""
        reranker = self.reranker(question.rerank)
        try:
            store = self.store(vector_store)
        except StoreMissingError:
            return []
        return find_passages(
            store,
            question.texts,
            question.count,
            mode=question.mode,
            filters=None if question.filters is None else parse_filter(question.filters),
            threshold=question.threshold,
            reranker=reranker,
        )

    def reranker(self, wanted: bool) -> Reranker | None:
        """The re-ranker, where one is wanted.

        Raises:
            NoRerankerError: there is none.
        """
        return required(self._reranker) if wanted else None

    def read(self, vector_store: str, file_id: str) -> str:
        """See the engine's port."""
        return self.store(vector_store).text(file_id)

    def drop(self, vector_store: str, file_id: str) -> None:
        """See the engine's port."""
        try:
            self.store(vector_store).delete([file_id])
        except (StoreMissingError, UnknownFileError):
            return

    def describe(self, vector_store: str, file_id: str, attributes: Mapping[str, Value]) -> None:
        """See the engine's port."""
        self.store(vector_store).set_attributes(file_id, attributes)

    def store(self, vector_store: str) -> Store:
        """A store, open for as long as somebody holds it.

        Raises:
            StoreMissingError: nothing was ingested yet.
        """
        with self._opening:
            if vector_store not in self._stores:
                for gone in [name for name in self._stores if not self._folder(name).exists()]:
                    del self._stores[gone]
                if self._of_questions is None:
                    self._of_questions = JoiningEmbedder(self._embedder())
                self._stores[vector_store] = Store.open(self._folder(vector_store), self._of_questions)
            self._stores.move_to_end(vector_store)
            while len(self._stores) > OPEN_STORES:
                # Not closed: a search may be under way; it goes when nobody holds it any more.
                self._stores.popitem(last=False)
            return self._stores[vector_store]
