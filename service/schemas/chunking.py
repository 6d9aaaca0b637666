"""OpenAI's chunking strategies: how long the spans are that are read."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from retrieval.errors import ChunkingStrategyError
from retrieval.parents import AUTO, StaticStrategy


class AutoStrategy(BaseModel):
    """The default sizes."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["auto"] = "auto"

    @property
    def sizes(self) -> StaticStrategy:
        """What it comes to."""
        return AUTO


class Sizes(BaseModel):
    """Tokens of a span, and how many neighbours share."""

    model_config = ConfigDict(extra="forbid")

    max_chunk_size_tokens: int
    chunk_overlap_tokens: int

    @model_validator(mode="after")
    def _possible(self) -> Self:
        try:
            StaticStrategy(self.max_chunk_size_tokens, self.chunk_overlap_tokens)
        except ChunkingStrategyError as error:
            raise ValueError(str(error)) from error
        return self


class StaticChunking(BaseModel):
    """Sizes of one's own."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["static"] = "static"
    static: Sizes

    @property
    def sizes(self) -> StaticStrategy:
        """What it comes to."""
        return StaticStrategy(self.static.max_chunk_size_tokens, self.static.chunk_overlap_tokens)


ChunkingStrategy = Annotated[AutoStrategy | StaticChunking, Field(discriminator="type")]
AUTO_STRATEGY = AutoStrategy()
