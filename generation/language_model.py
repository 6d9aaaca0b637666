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


class Draft(Protocol):
    """An answer that is being written."""

    @property
    def is_finished(self) -> bool:
        """Whether nothing is added any more."""
        ...

    def news(self) -> str:
        """The text that came since it was last asked for, as far as no later token can take it back."""
        ...

    def generation(self) -> Generation:
        """What has been written."""
        ...

    def give_up(self) -> None:
        """Finish it as it is."""
        ...


class Writing(Protocol):
    """Answers that are written together, a token of each at a time."""

    @property
    def is_done(self) -> bool:
        """Whether all are finished."""
        ...

    def has_room(self, drafts: Sequence[Any]) -> bool:
        """Whether these may join; one may always be the first."""
        ...

    def join(self, drafts: Sequence[Any]) -> None:
        """Read what they answer and write the first token of each."""
        ...

    def go_on(self) -> None:
        """Write one more token of each answer."""
        ...


class Mixer(Protocol):
    """Weights that several model names share."""

    def draft(self, request: Request, variant: Any) -> Draft:
        """An answer to be written; raises as `LanguageModel.generate` does."""
        ...

    def writing(self) -> Writing:
        """Where drafts of different callers are written."""
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
