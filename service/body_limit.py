"""Refuses bodies over the limit while they arrive."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.error_responses import respond
from service.errors import TooLarge

JSON_BYTES = 16_000_000
"""The web process parses JSON in between its other answers, so that more would hold up all of them."""
PARSED_APART = "/v1/recommendations"
DRAIN_FACTOR = 8
DRAIN_SECONDS = 10.0


class BodyLimit:
    """Middleware; counts what is really read, whatever the header says."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a `receive` that counts."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        most = self._most(scope["path"], headers.get("content-type", ""))
        if _announced(headers) > most:
            await self._drain(receive)
            await respond(TooLarge(self._message(most)), scope)(scope, receive, send)
        else:
            await self.app(scope, self._counted(receive, most), send)

    def _most(self, path: str, content_type: str) -> int:
        is_apart = path == PARSED_APART or content_type.startswith("multipart/")
        return self.max_bytes if is_apart else min(self.max_bytes, JSON_BYTES)

    def _message(self, most: int) -> str:
        remedy = "send a smaller part of it"
        if most == self.max_bytes:
            remedy += ", or raise TRIVIUM_MAX_BODY_BYTES"
        return f"The body is larger than {most:,} bytes, the limit of this server; {remedy}."

    def _counted(self, receive: Receive, most: int) -> Receive:
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                if message.get("more_body", False):
                    await self._drain(receive)
                raise HTTPException(413, self._message(most))
            return message

        return counted

    async def _drain(self, receive: Receive) -> None:
        """Read on for a while: a client that still writes would not see an answer, only a reset."""
        left = self.max_bytes * DRAIN_FACTOR
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while left > 0:
                    message = await receive()
                    left -= len(message.get("body", b""))
                    if not message.get("more_body", False):
                        return
        except TimeoutError:
            return


def _announced(headers: Headers) -> int:
    value = headers.get("content-length", "0")
    return int(value) if value.isascii() and value.isdigit() else 0
