"""Gives each request an id, and each response the header that tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "x-request-id"
_KEY = "trivium.request_id"


class RequestIds:
    """Middleware; ids are always ours, so a client cannot write into the log."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and stamp its response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id_of(scope)
            await send(message)

        scope[_KEY] = f"req_{uuid4().hex}"
        await self.app(scope, receive, stamped)


def request_id_of(scope: Mapping[str, Any]) -> str:
    """The id of the request that a scope belongs to."""
    return str(scope.get(_KEY, "req_unknown"))
