"""Refuses bodies over the limit while they arrive."""

from __future__ import annotations

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.error_responses import respond
from service.errors import TooLarge

DRAIN_FACTOR = 8
DRAIN_SECONDS = 10.0


class BodyLimit:
    """Middleware; counts what is really read, whatever the header says."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.message = (
            f"The body is larger than {max_bytes:,} bytes, the limit of this server; "
            "send a smaller part of it, or raise TRIVIUM_MAX_BODY_BYTES."
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a `receive` that counts."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif _announced(scope) > self.max_bytes:
            await self._refuse(scope, receive, send)
        else:
            await self.app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.max_bytes:
                if message.get("more_body", False):
                    await self._drain(receive)
                raise HTTPException(413, self.message)
            return message

        return counted

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._drain(receive)
        await respond(TooLarge(self.message), scope)(scope, receive, send)

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


def _announced(scope: Scope) -> int:
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0
