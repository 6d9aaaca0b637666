"""An engine of scripted models: the fake that ships beside the real one, through the same port."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from generation.errors import UnknownModelError
from generation.language_model import Generation, Request
from generation.scripted_model import ScriptedModel
from retrieval.answers.records import Answered, Searched
from retrieval.answers.sentence_reader import SentenceReader
from retrieval.hashing_embedder import HashingEmbedder
from retrieval.library.passages import Passage
from retrieval.store.records import Value
from service.engine.desk import Desk
from service.engine.port import USUAL, Answer, Ask, Card, Embedded, Question
from service.engine.shelves import Shelves


class ScriptedEngine:
    """Implements the Engine port without weights or processes; stores are real, vectors are hashes.

    Args:
        models: what answers.
        deployments: what each deployment answers to what.
        stores: the folder of the vector stores' folders.

    """

    def __init__(
        self,
        models: Sequence[ScriptedModel],
        deployments: Mapping[str, Mapping[str, str]] | None = None,
        stores: Path = Path("vector_stores"),
    ) -> None:
        self._stores = stores
        self._models = {m.name: m for m in models}
        self._deployments = {} if deployments is None else deployments

    async def cards(self) -> list[Card]:
        """See the port."""
        return [Card(name, 0, "trivium") for name in self._models]

    async def check(self, model: str) -> None:
        """See the port."""
        self._open(model)

    async def generate(self, model: str, requests: Sequence[Request]) -> list[Generation]:
        """See the port."""
        return self._open(model).generate([_bounded(r) for r in requests])

    async def stream(self, model: str, request: Request) -> AsyncIterator[str | Generation]:
        """See the port."""
        for item in self._open(model).stream(_bounded(request)):
            yield item

    async def answer(self, deployment: str, inputs: Sequence[str]) -> list[Answer]:
        """See the port; a deployment is a table from inputs to answers."""
        table = self._deployments[deployment]
        return [Answer(table[text], len(text.split()), len(table[text].split())) for text in inputs]

    async def embed(self, model: str, inputs: Sequence[str] | Sequence[Sequence[int]]) -> Embedded:
        """See the port."""
        return self._shelves.embed(model, inputs)

    async def search(self, vector_store: str, question: Question) -> list[Passage]:
        """See the port."""
        return self._shelves.search(vector_store, question)

    async def ask(self, ask: Ask) -> AsyncIterator[Searched | str | Answered]:
        """See the port; the reader has no weights."""
        for item in Desk(self._open, self._shelves, SentenceReader).ask(ask):
            yield item

    async def read(self, vector_store: str, file_id: str) -> str:
        """See the port."""
        return self._shelves.read(vector_store, file_id)

    async def drop(self, vector_store: str, file_id: str) -> None:
        """See the port."""
        self._shelves.drop(vector_store, file_id)

    async def describe(self, vector_store: str, file_id: str, attributes: Mapping[str, Value]) -> None:
        """See the port."""
        self._shelves.describe(vector_store, file_id, attributes)

    @cached_property
    def _shelves(self) -> Shelves:
        return Shelves(HashingEmbedder, lambda vector_store: self._stores / vector_store)

    def _open(self, model: str) -> ScriptedModel:
        if model not in self._models:
            raise UnknownModelError(f"There is no model {model!r}. There are: {', '.join(self._models)}.")
        return self._models[model]


def _bounded(request: Request) -> Request:
    return replace(request, max_tokens=64) if request.max_tokens == USUAL else request
