"""The engine's own small ASGI app; only the web process reaches its socket."""

from __future__ import annotations

import json
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
from service.engine.wire import pack_error, unpack_request

Items = Iterator[str | Generation]


def create_engine_app(models: Models) -> Starlette:
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

    calls = [Route(f"/{f.__name__}", _call(f), methods=["POST"]) for f in (cards, check, generate, answer)]
    routes = [*calls, Route("/stream", stream, methods=["POST"])]
    return Starlette(routes=routes, exception_handlers={GenerationError: _known, Exception: _unknown})


def _call(work: Callable[[dict[str, Any]], Any]) -> Callable[[HttpRequest], Any]:
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
