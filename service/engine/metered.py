"""An engine whose answers are counted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from generation.language_model import Generation, Request
from retrieval.answers.records import Answered, Searched
from service.engine.port import Answer, Ask, Engine
from service.meters import Meters

Told = TypeVar("Told", Generation, Answer, Answered)


def metered(engine: Engine, meters: Meters) -> Engine:
    """The same engine, which notes what models read and write."""
    return cast(Engine, _Metered(engine, meters))


class _Metered:
    """Implements those methods of the port that ask a model; the others are the engine's own."""

    def __init__(self, engine: Engine, meters: Meters) -> None:
        self._engine, self._meters = engine, meters

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def generate(self, model: str, requests: Sequence[Request]) -> list[Generation]:
        """See the port."""
        with self._under_way():
            return self._noted(await self._engine.generate(model, requests))

    async def answer(self, deployment: str, inputs: Sequence[str]) -> list[Answer]:
        """See the port."""
        with self._under_way():
            return self._noted(await self._engine.answer(deployment, inputs))

    async def stream(self, model: str, request: Request) -> AsyncIterator[str | Generation]:
        """See the port."""
        with self._under_way():
            async for item in self._engine.stream(model, request):
                if isinstance(item, Generation):
                    self._noted([item])
                yield item

    async def ask(self, ask: Ask) -> AsyncIterator[Searched | str | Answered]:
        """See the port."""
        with self._under_way():
            async for item in self._engine.ask(ask):
                if isinstance(item, Answered):
                    self._noted([item])
                yield item

    def _noted(self, answers: list[Told]) -> list[Told]:
        for answer in answers:
            self._meters.used(answer.prompt_tokens, answer.completion_tokens)
        return answers

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        self._meters.begun()
        try:
            yield
        finally:
            self._meters.ended()
