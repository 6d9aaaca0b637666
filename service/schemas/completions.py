"""OpenAI's chat completions and the chunks of a streamed one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

from service.storage.clock import now

Finish = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One finished answer."""

    text: str
    finish_reason: Finish


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that an answer took."""

    prompt: int
    completion: int

    def as_dict(self) -> dict[str, int]:
        """OpenAI's usage object."""
        total = self.prompt + self.completion
        return {"prompt_tokens": self.prompt, "completion_tokens": self.completion, "total_tokens": total}


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a completion and all its chunks have in common."""

    model: str
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid4().hex}")
    created: int = field(default_factory=now)

    def completion(self, choices: Sequence[Choice], usage: Usage, **extra: Any) -> dict[str, Any]:
        """The whole answer at once."""
        shown = [
            {
                "index": i,
                "message": {"role": "assistant", "content": c.text, "refusal": None},
                "finish_reason": c.finish_reason,
                "logprobs": None,
            }
            for i, c in enumerate(choices)
        ]
        return {**self._head("chat.completion"), "choices": shown, "usage": usage.as_dict(), **extra}

    def chunk(self, index: int, delta: dict[str, str], finish: Finish | None = None) -> dict[str, Any]:
        """A piece of one answer."""
        choice = {"index": index, "delta": delta, "finish_reason": finish, "logprobs": None}
        return {**self._head("chat.completion.chunk"), "choices": [choice]}

    def usage_chunk(self, usage: Usage) -> dict[str, Any]:
        """The last chunk, where the client asked for usage."""
        return {**self._head("chat.completion.chunk"), "choices": [], "usage": usage.as_dict()}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}
