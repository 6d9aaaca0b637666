"""The web process. It never imports a model library."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from service.app import create_app
from service.engine.client import EngineClient
from service.processes.environment import ENGINE_SOCKET, LISTEN_FD
from service.processes.leash import ask_self_to_stop, hold
from service.resources import Resources
from service.settings import Settings
from service.storage.data_dir import DataDir

SWITCH_SECONDS = 0.0005
"""Python's own 5 ms would let every busy thread, of an upload say, hold up the event loop that long."""


def main() -> None:
    """Serve on the socket that the supervisor opened."""
    hold(on_parent_death=ask_self_to_stop)
    sys.setswitchinterval(SWITCH_SECONDS)
    settings = Settings()
    config = uvicorn.Config(
        _app(settings),
        log_level=settings.log_level,
        timeout_graceful_shutdown=3,
        server_header=False,
        date_header=True,
    )
    listening = socket.socket(fileno=int(os.environ[LISTEN_FD]))
    uvicorn.Server(config).run(sockets=[listening])


def _app(settings: Settings) -> FastAPI:
    engine = EngineClient(Path(os.environ[ENGINE_SOCKET]), settings.max_waiting_chats)
    app = create_app(Resources(settings, DataDir.open(settings.data_dir), engine))

    @asynccontextmanager
    async def closing(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.close()

    app.router.lifespan_context = closing
    return app


if __name__ == "__main__":
    main()
