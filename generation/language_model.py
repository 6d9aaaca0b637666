"""The port that every model is reached through: conversations in, text out, with usage and timing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from generation.messages import Conversation


@dataclass(frozen=True, slots=True)
class Request:
    """What one conversation should be answered with."""

    messages: Conversation
    max_tokens: int = 64
    temperature: float = 0.0
    """0 is greedy decoding."""
    top_p: float = 1.0
    stop: tuple[str, ...] = ()
    """Texts that end the answer; they are not part of it."""
    seed: int | None = None
    choices: tuple[str, ...] = ()
    """When given, a local model answers with exactly one of these; a remote one is only asked to."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One answer."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    """Wall time of the answer; in a batch, the batch's time divided by its size."""
    finish_reason: Literal["stop", "length"]
    confidence: float | None = None
    """0 to 1, the model's own: the chance of the choice among all choices; of free text that of a token, as
    a geometric mean. None where the model does not tell."""


@runtime_checkable
class LanguageModel(Protocol):
    """A model that answers a batch of conversations."""

    @property
    def name(self) -> str:
        """The name under which the catalog knows it."""
        ...

    @property
    def context_window(self) -> int:
        """Tokens that prompt and answer may have together."""
        ...

    def count_tokens(self, messages: Conversation) -> int:
        """Tokens of the rendered prompt (an estimate for remote models)."""
        ...

    def generate(self, requests: Sequence[Request]) -> list[Generation]:
        """Answer each request, in order.

        Raises:
            ContextTooLongError: a prompt and its max_tokens exceed the context window.
            ModelUnavailableError: the model cannot be reached or loaded.
        """
        ...


class Mixer(Protocol):
    """Weights that several model names share."""

    def generate_mixed(self, asked: Sequence[tuple[Request, Any]]) -> list[Generation]:
        """Answer each request with the variant beside it; raises as `LanguageModel.generate` does."""
        ...


@runtime_checkable
class MixableModel(Protocol):
    """A model whose requests can be computed together with those of others on the same weights."""

    @property
    def mixer(self) -> Mixer:
        """What it shares with others: the same object for all of them."""
        ...

    @property
    def variant(self) -> Any:
        """What makes it different from them."""
        ...


@runtime_checkable
class StreamingModel(Protocol):
    """A model that can also hand out an answer while it is being written."""

    def stream(self, request: Request) -> Iterator[str | Generation]:
        """Pieces of text as they come, then the finished Generation as the last item."""
        ...
