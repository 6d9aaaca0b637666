"""/health: the process lives. /ready: everything behind it answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from service.errors import ServiceError
from service.resources import Here, Resources

router = APIRouter(tags=["health"])
HEARTBEAT_SECONDS = 15
ENGINE_SECONDS = 5


@router.get("/health")
async def health() -> dict[str, str]:
    """Answers without looking at anything."""
    return {"status": "ok"}


@router.get("/ready", responses={503: {"description": "A part is not ready; the body says which."}})
async def ready(here: Here) -> JSONResponse:
    """Whether database, worker and engine answer."""
    parts = {"database": await _database(here), "worker": _worker(here), "engine": await _engine(here)}
    good = all(state == "ok" for state in parts.values())
    status = "ready" if good else "not_ready"
    return JSONResponse({"status": status, "parts": parts}, 200 if good else 503)


async def _database(here: Resources) -> str:
    return await _state(run_in_threadpool(here.data.jobs.unfinished), "does not answer")


def _worker(here: Resources) -> str:
    try:
        age = time.time() - here.data.heartbeat.stat().st_mtime
    except FileNotFoundError:
        return "has not started"
    return "ok" if age < HEARTBEAT_SECONDS else f"silent for {age:.0f} s"


async def _engine(here: Resources) -> str:
    return await _state(here.engine.cards(), "does not answer")


async def _state(check: Awaitable[object], otherwise: str) -> str:
    try:
        async with asyncio.timeout(ENGINE_SECONDS):
            await check
    except (ServiceError, SQLAlchemyError, TimeoutError):
        return otherwise
    return "ok"
