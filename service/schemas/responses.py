"""The body of POST /v1/responses, as far as OpenAI's fields are supported."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from generation.messages import Message
from retrieval.answers.records import Choice
from service.errors import InvalidRequest
from service.schemas.chat import ROLES
from service.schemas.vector_store_search import Filters, RankingOptions
from service.schemas.vector_stores import Metadata

RESULTS = "file_search_call.results"
NEUTRAL: dict[str, tuple[Any, ...]] = {
    "background": (False,),
    "conversation": (),
    "context_management": ([],),
    "moderation": (),
    "prompt": (),
    "reasoning": ({}, {"effort": "none"}, {"effort": None}, {"effort": None, "summary": None}),
    "service_tier": ("auto", "default"),
    "text": ({}, {"format": {"type": "text"}}),
    "top_logprobs": (0,),
    "truncation": ("disabled",),
}
"""Fields of OpenAI's that are not supported, with the values that ask for nothing."""
INSTEAD = {"conversation": "; name the last response as previous_response_id instead"}
IGNORED = (
    *("user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options"),
    *("max_tool_calls", "stream_options"),
)
"""Fields that never change a response."""


class InputPart(BaseModel):
    """A part of an input message; annotations and the like may come along."""

    type: Literal["input_text", "output_text"]
    text: str


class InputMessage(BaseModel):
    """A turn, also one that an earlier response gave."""

    type: Literal["message"] = "message"
    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[InputPart]

    def as_message(self) -> Message:
        """The turn as models take it."""
        text = self.content if isinstance(self.content, str) else "".join(p.text for p in self.content)
        return Message(ROLES[self.role], text)


class PastCall(BaseModel):
    """A search that an earlier response made; nothing of it is said to the model again."""

    type: Literal["file_search_call"]


class FileSearchTool(BaseModel):
    """Searches vector stores with the last user message."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["file_search"]
    vector_store_ids: list[str] = Field(min_length=1, max_length=8)
    filters: Filters | None = None
    max_num_results: int = Field(5, ge=1, le=50)
    ranking_options: RankingOptions | None = None
    reader: Choice | None = None
    """Ours: who answers. By default the language model; with `pocket` the extractive reader where it is
    sure, which Pocket seldom beats."""
    confidence_threshold: float | None = Field(None, ge=0, le=1)
    """Ours: the least confidence of an answer; the calibrated one where it is left out."""


class ToolChoice(BaseModel):
    """The tool that has to be used."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["file_search"]


class ResponseCreate(BaseModel):
    """A request for a response."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(min_length=1, max_length=256)
    input: (
        Annotated[str, StringConstraints(min_length=1)]
        | Annotated[list[InputMessage | PastCall], Field(min_length=1, max_length=1_000)]
    )
    instructions: str | None = Field(None, max_length=100_000)
    tools: list[FileSearchTool] = Field([], max_length=1)
    tool_choice: Literal["none", "auto", "required"] | ToolChoice = "auto"
    """`auto` always searches where there is a tool: small models do not choose well."""
    include: list[str] | None = Field(None, max_length=20)
    stream: bool | None = None
    store: bool | None = None
    previous_response_id: str | None = None
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    max_output_tokens: int | None = Field(None, ge=1, le=1_000_000)
    parallel_tool_calls: bool | None = None
    metadata: Metadata | None = None

    @model_validator(mode="before")
    @classmethod
    def _only_what_is_supported(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        for field, neutral in NEUTRAL.items():
            if field in data and data[field] is not None and data[field] not in neutral:
                hint = INSTEAD.get(field, "; leave it out")
                raise InvalidRequest(f"{field} is not supported by this server{hint}.", field)
        tools = data.get("tools")
        for place, tool in enumerate(tools if isinstance(tools, list) else ()):
            if isinstance(tool, dict) and tool.get("type") != "file_search":
                raise InvalidRequest(
                    f"tools[{place}]: only file_search is supported here, not {tool.get('type')!r}.",
                    f"tools[{place}]",
                )
        dropped = {*NEUTRAL, *IGNORED}
        return {field: value for field, value in data.items() if field not in dropped and value is not None}

    @property
    def tool(self) -> FileSearchTool | None:
        """The tool that is used."""
        return self.tools[0] if self.tools and self.tool_choice != "none" else None

    @property
    def shows_results(self) -> bool:
        """Whether the passages found are told."""
        return RESULTS in (self.include or [])

    def turns(self) -> list[Message]:
        """The input as models take it."""
        if isinstance(self.input, str):
            return [Message("user", self.input)]
        return [item.as_message() for item in self.input if isinstance(item, InputMessage)]
