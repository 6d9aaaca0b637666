"""Server-sent events whose first one is waited for, so that errors before it keep their HTTP status."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from fastapi.responses import StreamingResponse

HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}
Events = AsyncIterator[Mapping[str, Any]]
"""Each has a `type`, which becomes the name of its event."""


async def stream_response(events: Events) -> StreamingResponse:
    """The answer that begins with the first event."""
    first = await anext(events)
    return StreamingResponse(_lines(first, events), media_type="text/event-stream", headers=HEADERS)


async def _lines(first: Mapping[str, Any], rest: Events) -> AsyncIterator[str]:
    yield _line(first)
    async for event in rest:
        yield _line(event)


def _line(event: Mapping[str, Any]) -> str:
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"
