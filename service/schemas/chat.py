"""OpenAI's chat completion requests, as far as they are supported."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from generation.language_model import Request
from generation.messages import Message, Role
from service.engine.port import USUAL
from service.errors import InvalidRequest

NEUTRAL: dict[str, tuple[Any, ...]] = {
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logprobs": (False,),
    "response_format": ({"type": "text"},),
    "modalities": (["text"],),
    "store": (False,),
    "service_tier": ("auto", "default"),
    "parallel_tool_calls": (True, False),
    "tools": ([],),
    "functions": ([],),
    "tool_choice": ("none", "auto"),
    "function_call": ("none", "auto"),
    "logit_bias": ({},),
    "top_logprobs": (0,),
    "reasoning_effort": ("none",),
    "verbosity": (),
    "prediction": (),
    "audio": (),
    "web_search_options": (),
}
"""Fields of OpenAI's that are not supported, with the values that ask for nothing."""
IGNORED = ("user", "metadata", "safety_identifier", "prompt_cache_key", "prompt_cache_retention")
"""Fields that never change an answer."""
ROLES: dict[str, Role] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}


class TextPart(BaseModel):
    """A part of a message."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["text"]
    text: str


class ChatMessage(BaseModel):
    """One turn."""

    model_config = ConfigDict(extra="forbid")

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart]
    name: str | None = None
    refusal: None = None
    audio: None = None
    annotations: list[Any] | None = None
    tool_calls: None = None
    function_call: None = None

    def as_message(self) -> Message:
        """The turn as models take it."""
        text = self.content if isinstance(self.content, str) else "".join(p.text for p in self.content)
        return Message(ROLES[self.role], text)


class StreamOptions(BaseModel):
    """How to stream."""

    model_config = ConfigDict(extra="forbid")

    include_usage: bool = False
    include_obfuscation: bool = False


class ChatRequest(BaseModel):
    """The body of POST /v1/chat/completions."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(min_length=1, max_length=256)
    messages: list[ChatMessage] = Field(min_length=1, max_length=1_000)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(None, ge=1, le=1_000_000)
    max_completion_tokens: int | None = Field(None, ge=1, le=1_000_000)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    stop: str | list[str] | None = None
    seed: int | None = Field(None, ge=-(2**63), lt=2**63)
    n: int | None = Field(None, ge=1, le=16)

    @model_validator(mode="before")
    @classmethod
    def _only_what_is_supported(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        for field, neutral in NEUTRAL.items():
            if field in data and data[field] is not None and data[field] not in neutral:
                raise InvalidRequest(f"{field} is not supported by this server; leave it out.", field)
        dropped = {*NEUTRAL, *IGNORED}
        return {field: value for field, value in data.items() if field not in dropped}

    @field_validator("stop")
    @classmethod
    def _few_stops(cls, stop: str | list[str] | None) -> str | list[str] | None:
        if isinstance(stop, list) and len(stop) > 4:
            raise ValueError(f"has {len(stop)} texts; at most 4 are allowed")
        if stop is not None and not all([stop] if isinstance(stop, str) else stop):
            raise ValueError("an empty text would end every answer; leave it out")
        return stop

    @property
    def conversation(self) -> tuple[Message, ...]:
        """The messages as models take them."""
        return tuple(m.as_message() for m in self.messages)

    def requests(self) -> list[Request]:
        """One request per choice; their seeds differ, so that sampled choices do."""
        limit = self.max_completion_tokens or self.max_tokens or USUAL
        stop = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        temperature = 1.0 if self.temperature is None else self.temperature
        seeds = [None if self.seed is None else (self.seed + i) % 2**31 for i in range(self.n or 1)]
        top_p = 1.0 if self.top_p is None else self.top_p
        return [Request(self.conversation, limit, temperature, top_p, stop, seed) for seed in seeds]
