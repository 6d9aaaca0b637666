"""The port through which the web process reaches models; it knows nothing of HTTP or of model libraries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from generation.language_model import Generation, Request

USUAL = -1
"""As `max_tokens`: as many as fit, up to the server's usual length."""


@dataclass(frozen=True, slots=True)
class Card:
    """A model that can be named in a request."""

    name: str
    created: int
    owned_by: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a deployment says to one input."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    sources: Sequence[str] = ()
    """Ids of the documents that were shown to the model, best first."""


class Engine(Protocol):
    """Everything that needs a model in memory.

    Every method raises Unavailable while the engine starts, TooBusy when too many wait, and the
    errors of `generation.errors`.
    """

    async def cards(self) -> list[Card]:
        """All models, deployments not among them."""
        ...

    async def check(self, model: str) -> None:
        """Raise UnknownModelError unless the model can be named in a request."""
        ...

    async def generate(self, model: str, requests: Sequence[Request]) -> list[Generation]:
        """Answer each request; `max_tokens` may be USUAL."""
        ...

    def stream(self, model: str, request: Request) -> AsyncIterator[str | Generation]:
        """Pieces of text as they come, then the finished Generation."""
        ...

    async def answer(self, deployment: str, inputs: Sequence[str]) -> list[Answer]:
        """Let a deployment answer, by its id."""
        ...
