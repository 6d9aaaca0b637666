"""The engine as the web process sees it: HTTP over a Unix domain socket."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx

from generation.language_model import Generation, Request
from retrieval.answers.records import Answered, Searched
from retrieval.library.passages import Passage
from retrieval.store.records import Value
from service.engine.port import Answer, Ask, Card, Embedded, Question
from service.engine.wire import pack_ask, pack_request, unpack_error, unpack_generation, unpack_told
from service.errors import TooBusy, Unavailable

PATIENCE = httpx.Timeout(600.0, connect=5.0)
"""Seconds between two signs of life; the first answer of a model waits for its loading."""
STARTING = "The engine is starting or was restarted; try again in a few seconds."


class EngineClient:
    """Implements the Engine port; bounds how many requests wait."""

    def __init__(self, socket: Path, max_waiting: int) -> None:
        transport = httpx.AsyncHTTPTransport(uds=str(socket))
        self._http = httpx.AsyncClient(transport=transport, base_url="http://engine", timeout=PATIENCE)
        self._max_waiting = max_waiting
        self._waiting = 0

    async def close(self) -> None:
        """Let go of the socket."""
        await self._http.aclose()

    async def cards(self) -> list[Card]:
        """See the port."""
        return [Card(**c) for c in await self._call("/cards", {})]

    async def check(self, model: str) -> None:
        """See the port."""
        await self._call("/check", {"model": model})

    async def generate(self, model: str, requests: Sequence[Request]) -> list[Generation]:
        """See the port."""
        packed = {"model": model, "requests": [pack_request(r) for r in requests]}
        async with self._turn():
            return [unpack_generation(g) for g in await self._call("/generate", packed)]

    async def answer(self, deployment: str, inputs: Sequence[str]) -> list[Answer]:
        """See the port."""
        async with self._turn():
            answers = await self._call("/answer", {"deployment": deployment, "inputs": list(inputs)})
        return [Answer(**a) for a in answers]

    async def stream(self, model: str, request: Request) -> AsyncIterator[str | Generation]:
        """See the port."""
        packed = {"model": model, "request": pack_request(request)}
        async with self._turn():
            async for line in self._lines("/stream", packed):
                yield _item(line)

    async def embed(self, model: str, inputs: Sequence[str] | Sequence[Sequence[int]]) -> Embedded:
        """See the port."""
        async with self._turn():
            made = await self._call("/embed", {"model": model, "inputs": inputs})
        return Embedded(**made | {"vectors": b64decode(made["vectors"])})

    async def search(self, vector_store: str, question: Question) -> list[Passage]:
        """See the port."""
        async with self._turn():
            found = await self._call("/search", {"vector_store": vector_store, "question": asdict(question)})
        return [Passage(**passage) for passage in found]

    async def ask(self, ask: Ask) -> AsyncIterator[Searched | str | Answered]:
        """See the port."""
        async with self._turn():
            async for line in self._lines("/ask", pack_ask(ask)):
                yield unpack_told(line)

    async def read(self, vector_store: str, file_id: str) -> str:
        """See the port."""
        return str(await self._call("/read", {"vector_store": vector_store, "file_id": file_id}))

    async def drop(self, vector_store: str, file_id: str) -> None:
        """See the port."""
        await self._call("/drop", {"vector_store": vector_store, "file_id": file_id})

    async def describe(self, vector_store: str, file_id: str, attributes: Mapping[str, Value]) -> None:
        """See the port."""
        named = {"vector_store": vector_store, "file_id": file_id}
        await self._call("/describe", named | {"attributes": dict(attributes)})

    async def _lines(self, path: str, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        async with _reachable(), self._http.stream("POST", path, json=body) as response:
            if response.is_error:
                raise unpack_error(json.loads(await response.aread()))
            async for line in response.aiter_lines():
                data = json.loads(line)
                if "error" in data:
                    raise unpack_error(data)
                yield data

    async def _call(self, path: str, body: dict[str, Any]) -> Any:
        async with _reachable():
            response = await self._http.post(path, json=body)
        if response.is_error:
            raise unpack_error(response.json())
        return response.json()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._waiting >= self._max_waiting:
            raise TooBusy(
                f"{self._max_waiting} requests wait already, the limit of this server; try again soon."
            )
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1


@asynccontextmanager
async def _reachable() -> AsyncIterator[None]:
    try:
        yield
    except (httpx.TransportError, FileNotFoundError) as error:
        raise Unavailable(STARTING) from error


def _item(data: dict[str, Any]) -> str | Generation:
    return data["text"] if "text" in data and len(data) == 1 else unpack_generation(data)
