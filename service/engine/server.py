"""The engine's own small ASGI app; only the web process reaches its socket."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import asdict
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from generation.errors import GenerationError
from generation.language_model import Generation
from service.engine.models import Models
from service.engine.port import Question
from service.engine.shelves import Shelves
from service.engine.wire import CALM, pack_error, unpack_request

Items = Iterator[str | Generation]
Work = Callable[[dict[str, Any]], Any]


def create_engine_app(models: Models, shelves: Shelves) -> Starlette:
    """Answers what `EngineClient` asks."""

    def cards(_body: dict[str, Any]) -> Any:
        return [asdict(c) for c in models.cards()]

    def check(body: dict[str, Any]) -> Any:
        return models.check(body["model"])

    def generate(body: dict[str, Any]) -> Any:
        requests = [unpack_request(r) for r in body["requests"]]
        return [asdict(g) for g in models.generate(body["model"], requests)]

    def answer(body: dict[str, Any]) -> Any:
        return [asdict(a) for a in models.answer(body["deployment"], body["inputs"])]

    async def stream(http: HttpRequest) -> Response:
        body = await http.json()
        items = models.stream(body["model"], unpack_request(body["request"]))
        first = await run_in_threadpool(next, items)
        return StreamingResponse(_lines(first, items), media_type="application/x-ndjson")

    works = {f.__name__: f for f in (cards, check, generate, answer)} | _library_works(shelves)
    calls = [Route(f"/{name}", _call(work), methods=["POST"]) for name, work in works.items()]
    routes = [*calls, Route("/stream", stream, methods=["POST"])]
    handlers = {**dict.fromkeys(CALM, _known), Exception: _unknown}
    return Starlette(routes=routes, exception_handlers=handlers)


def _library_works(shelves: Shelves) -> dict[str, Work]:
    def embed(body: dict[str, Any]) -> Any:
        made = shelves.embed(**body)
        return asdict(made) | {"vectors": b64encode(made.vectors).decode()}

    def search(body: dict[str, Any]) -> Any:
        found = shelves.search(body["vector_store"], Question(**body["question"]))
        return [asdict(passage) for passage in found]

    return {
        "embed": embed,
        "search": search,
        "read": lambda body: shelves.read(**body),
        "drop": lambda body: shelves.drop(**body),
        "describe": lambda body: shelves.describe(**body),
    }


def _call(work: Work) -> Callable[[HttpRequest], Any]:
    async def endpoint(http: HttpRequest) -> JSONResponse:
        return JSONResponse(await run_in_threadpool(work, await http.json()))

    return endpoint


async def _lines(first: str | Generation, items: Items) -> AsyncIterator[str]:
    """JSON lines; the generator is closed when the client goes away, so the model is free again."""
    item: str | Generation | None = first
    try:
        while item is not None:
            yield json.dumps({"text": item} if isinstance(item, str) else asdict(item)) + "\n"
            item = await run_in_threadpool(next, items, None)
    except GenerationError as error:
        yield json.dumps(pack_error(error)) + "\n"
    finally:
        await run_in_threadpool(items.close)  # type: ignore[attr-defined]


async def _known(_http: HttpRequest, error: Exception) -> JSONResponse:
    return JSONResponse(pack_error(error), 400)


async def _unknown(_http: HttpRequest, error: Exception) -> JSONResponse:
    return JSONResponse(pack_error(error), 500)
