"""Who may ask: holders of an API key, or, without keys, this machine alone."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from hmac import compare_digest
from urllib.parse import urlsplit

from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.error_responses import respond
from service.errors import ForbiddenOrigin, InvalidKey, ServiceError
from service.settings import is_loopback

GUARDED = ("/v1/", "/metrics/")


class Guard:
    """Middleware over every /v1 route and /metrics."""

    def __init__(self, app: ASGIApp, keys: Iterable[SecretStr]) -> None:
        self.app = app
        self.hashes = tuple(sha256(k.get_secret_value().encode()).digest() for k in keys)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass."""
        guarded = scope["type"] == "http" and (scope["path"] + "/").startswith(GUARDED)
        if guarded and (error := self._fault(Headers(scope=scope))):
            await respond(error, scope)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _fault(self, headers: Headers) -> ServiceError | None:
        if not self.hashes:
            return _foreign(headers)
        scheme, _, key = headers.get("authorization", "").partition(" ")
        offered = sha256(key.strip().encode()).digest()
        known = [compare_digest(offered, h) for h in self.hashes]
        if scheme.casefold() == "bearer" and any(known):
            return None
        return InvalidKey("This server needs an API key: send the header Authorization: Bearer YOUR_KEY.")


def _foreign(headers: Headers) -> ServiceError | None:
    """A browser can be led to a server on loopback by any web page (DNS rebinding, forged forms)."""
    hosts = [urlsplit(f"//{headers.get('host', '')}").hostname or ""]
    if origin := headers.get("origin"):
        hosts.append(urlsplit(origin).hostname or "")
    if all(is_loopback(host) for host in hosts):
        return None
    return ForbiddenOrigin("Without API keys this server answers only requests made to localhost.")
