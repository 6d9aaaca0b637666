"""/v1/recommendations/{id}/events: the whole history as server-sent events, then what happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from service.errors import InvalidRequest
from service.lookups import find_recommendation
from service.resources import Here
from service.states import FINAL
from service.storage.job import JobEvent
from service.storage.jobs import JobStore

router = APIRouter(prefix="/v1/recommendations", tags=["recommendations"])
POLL_SECONDS = 0.25
PING_SECONDS = 15.0
PING = 'event: ping\ndata: {"kind": "ping"}\n\n'
"""Not a comment: the stock client stumbles over comments between events that have ids."""


@router.get("/{recommendation_id}/events", response_class=StreamingResponse)
async def events(
    here: Here, recommendation_id: str, last_event_id: Annotated[str | None, Header()] = None
) -> StreamingResponse:
    """Follow a recommendation; the stream ends after its last event."""
    await run_in_threadpool(find_recommendation, here, recommendation_id)
    stream = _follow(here.data.jobs, recommendation_id, _number(last_event_id))
    headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


def _number(last_event_id: str | None) -> int:
    if last_event_id is None:
        return 0
    if not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 10):
        raise InvalidRequest("Last-Event-ID: is not the id of an event; leave it out.", "Last-Event-ID")
    return int(last_event_id)


async def _follow(jobs: JobStore, job_id: str, seq: int) -> AsyncIterator[str]:
    quiet = 0.0
    while True:
        batch = await run_in_threadpool(jobs.events, job_id, seq)
        for event in batch:
            yield _sse(event)
            seq = event.seq
            if _ends(event):
                return
        if not batch:
            if await _nothing_left(jobs, job_id):
                return
            await asyncio.sleep(POLL_SECONDS)
        quiet = 0.0 if batch else quiet + POLL_SECONDS
        if quiet >= PING_SECONDS:
            quiet = 0.0
            yield PING


async def _nothing_left(jobs: JobStore, job_id: str) -> bool:
    """A client that has seen the last event already gets an empty stream, not a silent one."""
    job = await run_in_threadpool(jobs.get, job_id)
    return job is None or job.finished


def _ends(event: JobEvent) -> bool:
    return event.kind == "status" and event.data["status"] in FINAL


def _sse(event: JobEvent) -> str:
    data = json.dumps({"kind": event.kind, "created_at": event.created_at, **event.data}, ensure_ascii=False)
    return f"id: {event.seq}\nevent: {event.kind}\ndata: {data}\n\n"
