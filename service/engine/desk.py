"""Where questions are answered from vector stores: brings stores, readers and models together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from generation.language_model import LanguageModel
from retrieval.answers.answering import Answering
from retrieval.answers.extractive import SpanReader
from retrieval.answers.records import Answered, Searched, Wish
from retrieval.store.errors import StoreMissingError
from retrieval.store.filters import parse_filter
from retrieval.store.store import Store
from service.engine.port import USUAL, USUAL_MAX_TOKENS, Ask
from service.engine.shelves import Shelves


class Desk:
    """Answers questions; safe between threads."""

    def __init__(
        self, model: Callable[[str], LanguageModel], shelves: Shelves, reader: Callable[[], SpanReader]
    ) -> None:
        self._model, self._shelves, self._reader = model, shelves, reader

    def ask(self, ask: Ask) -> Iterator[Searched | str | Answered]:
        """See the engine's port."""
        model = self._model(ask.model) if ask.model is not None else None
        stores = self._stores(ask.vector_stores)
        return Answering(self._reader(), model).stream(ask.question, stores, self._wish(ask))

    def _stores(self, vector_stores: Sequence[str]) -> list[Store]:
        """Those into which something was put."""
        found = []
        for vector_store in vector_stores:
            try:
                found.append(self._shelves.store(vector_store))
            except StoreMissingError:
                continue
        return found

    def _wish(self, ask: Ask) -> Wish:
        return Wish(
            reader=ask.reader,
            passages=ask.passages,
            filters=None if ask.filters is None else parse_filter(ask.filters),
            mode=ask.mode,
            score_threshold=ask.score_threshold,
            reranker=self._shelves.reranker(ask.rerank),
            threshold=ask.threshold,
            max_tokens=USUAL_MAX_TOKENS if ask.max_tokens == USUAL else ask.max_tokens,
            temperature=ask.temperature,
            top_p=ask.top_p,
            instruction=ask.instruction,
            history=ask.history,
        )
