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

from service.engine.desk import Desk
from service.engine.models import Models
from service.engine.port import Question
from service.engine.shelves import Shelves
from service.engine.wire import CALM, pack_error, pack_told, unpack_ask, unpack_request

Items = Iterator[dict[str, Any]]
Work = Callable[[dict[str, Any]], Any]
Flow = Callable[[dict[str, Any]], Items]


def create_engine_app(models: Models, shelves: Shelves, desk: Desk) -> Starlette:
    """Answers what `EngineClient` asks."""
    works = _model_works(models) | _library_works(shelves)
    calls = [Route(f"/{name}", _call(work), methods=["POST"]) for name, work in works.items()]
    flows = _flows(models, desk)
    streams = [Route(f"/{name}", _stream(flow), methods=["POST"]) for name, flow in flows.items()]
    handlers = {**dict.fromkeys(CALM, _known), Exception: _unknown}
    return Starlette(routes=[*calls, *streams], exception_handlers=handlers)


def _model_works(models: Models) -> dict[str, Work]:
    def generate(body: dict[str, Any]) -> Any:
        requests = [unpack_request(r) for r in body["requests"]]
        return [asdict(g) for g in models.generate(body["model"], requests)]

    return {
        "cards": lambda _: [asdict(c) for c in models.cards()],
        "check": lambda body: models.check(**body),
        "generate": generate,
        "answer": lambda body: [asdict(a) for a in models.answer(body["deployment"], body["inputs"])],
    }


def _flows(models: Models, desk: Desk) -> dict[str, Flow]:
    def stream(body: dict[str, Any]) -> Items:
        for item in models.stream(body["model"], unpack_request(body["request"])):
            yield {"text": item} if isinstance(item, str) else asdict(item)

    def ask(body: dict[str, Any]) -> Items:
        for item in desk.ask(unpack_ask(body)):
            yield pack_told(item)

    return {"stream": stream, "ask": ask}


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


def _stream(flow: Flow) -> Callable[[HttpRequest], Any]:
    async def endpoint(http: HttpRequest) -> Response:
        items = flow(await http.json())
        first = await run_in_threadpool(next, items)
        return StreamingResponse(_lines(first, items), media_type="application/x-ndjson")

    return endpoint


async def _lines(first: dict[str, Any], items: Items) -> AsyncIterator[str]:
    """JSON lines; the generator is closed when the client goes away, so the model is free again."""
    item: dict[str, Any] | None = first
    try:
        while item is not None:
            yield json.dumps(item) + "\n"
            item = await run_in_threadpool(next, items, None)
    except CALM as error:
        yield json.dumps(pack_error(error)) + "\n"
    finally:
        await run_in_threadpool(items.close)  # type: ignore[attr-defined]


async def _known(_http: HttpRequest, error: Exception) -> JSONResponse:
    return JSONResponse(pack_error(error), 400)


async def _unknown(_http: HttpRequest, error: Exception) -> JSONResponse:
    return JSONResponse(pack_error(error), 500)
