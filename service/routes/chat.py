"""/v1/chat/completions: ask a model, or a deployment exactly as it was measured."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from generation.errors import GenerationError
from generation.language_model import Generation
from service.chat_deployments import answer_as_measured
from service.error_responses import body_of, describe
from service.errors import ServiceError, rule_for
from service.resources import Here, Resources
from service.schemas.chat import ChatRequest
from service.schemas.completions import Choice, Envelope, Usage

router = APIRouter(prefix="/v1/chat/completions", tags=["chat"])
Items = AsyncIterator[str | Generation]


@router.post("", response_model=None)
async def create(here: Here, body: ChatRequest) -> Response:
    """Complete a conversation."""
    envelope = Envelope(body.model)
    if job := await run_in_threadpool(here.data.jobs.serving, body.model):
        answer = await answer_as_measured(here.engine, job, body)
        usage = Usage(answer.prompt_tokens, answer.completion_tokens)
        if not body.stream:
            choices = [Choice(answer.text, "stop")]
            return JSONResponse(envelope.completion(choices, usage, sources=list(answer.sources)))
        done = Generation(answer.text, usage.prompt, usage.completion, 0.0, "stop")
        return await _streamed(envelope, body, [_replay(done)])
    if body.stream:
        return await _streamed(envelope, body, _streams(here, body))
    generations = await here.engine.generate(body.model, body.requests())
    usage = Usage(generations[0].prompt_tokens, sum(g.completion_tokens for g in generations))
    return JSONResponse(envelope.completion([Choice(g.text, g.finish_reason) for g in generations], usage))


def _streams(here: Resources, body: ChatRequest) -> list[Items]:
    return [here.engine.stream(body.model, request) for request in body.requests()]


async def _replay(generation: Generation) -> Items:
    yield generation.text
    yield generation


async def _streamed(envelope: Envelope, body: ChatRequest, streams: list[Items]) -> Response:
    """Begin the answer only when the first piece is there, so that errors before it keep their status."""
    first = await anext(streams[0])
    events = _events(envelope, body, first, streams)
    return StreamingResponse(events, media_type="text/event-stream", headers={"cache-control": "no-cache"})


async def _events(
    envelope: Envelope, body: ChatRequest, first: str | Generation, streams: list[Items]
) -> AsyncIterator[str]:
    finished: list[Generation] = []
    try:
        for index, items in enumerate(streams):
            yield _sse(envelope.chunk(index, {"role": "assistant", "content": ""}))
            async for item in _resumed(first, items) if index == 0 else items:
                if isinstance(item, str):
                    yield _sse(envelope.chunk(index, {"content": item}))
                else:
                    finished.append(item)
                    yield _sse(envelope.chunk(index, {}, item.finish_reason))
    except (ServiceError, GenerationError) as error:
        yield _sse(body_of(rule_for(error), *describe(error)))
        return
    if body.stream_options and body.stream_options.include_usage:
        tokens = sum(g.completion_tokens for g in finished)
        yield _sse(envelope.usage_chunk(Usage(finished[0].prompt_tokens, tokens)))
    yield "data: [DONE]\n\n"


async def _resumed(first: str | Generation, rest: Items) -> Items:
    yield first
    async for item in rest:
        yield item


def _sse(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"
