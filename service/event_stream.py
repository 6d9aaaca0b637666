"""A job's history as server-sent events: what there is, then what happens, until its last event."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from service.errors import InvalidRequest
from service.states import FINAL
from service.storage.job import JobEvent
from service.storage.jobs import JobStore

POLL_SECONDS = 0.25
PING_SECONDS = 15.0
PING = 'event: ping\ndata: {"kind": "ping"}\n\n'
"""Not a comment: the stock client stumbles over comments between events that have ids."""
Show = Callable[[JobEvent], dict[str, Any]]


def stream_events(jobs: JobStore, job_id: str, last_event_id: str | None, show: Show) -> StreamingResponse:
    """The events that follow `last_event_id`, each as `show` tells it.

    Raises:
        InvalidRequest: the id is none.
    """
    stream = _follow(jobs, job_id, _number(last_event_id), show)
    headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


def _number(last_event_id: str | None) -> int:
    if last_event_id is None:
        return 0
    if not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 10):
        raise InvalidRequest("Last-Event-ID: is not the id of an event; leave it out.", "Last-Event-ID")
    return int(last_event_id)


async def _follow(jobs: JobStore, job_id: str, seq: int, show: Show) -> AsyncIterator[str]:
    quiet = 0.0
    while True:
        batch = await run_in_threadpool(jobs.events, job_id, seq)
        for event in batch:
            yield _sse(event, show(event))
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


def _sse(event: JobEvent, data: dict[str, Any]) -> str:
    return f"id: {event.seq}\nevent: {event.kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
