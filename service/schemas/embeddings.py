"""OpenAI's embeddings."""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from service.engine.port import Embedded
from service.errors import InvalidRequest

MOST_INPUTS = 2_048
Text = Annotated[str, StringConstraints(min_length=1)]
Tokens = Annotated[list[int], Field(min_length=1, max_length=MOST_INPUTS)]


class EmbeddingRequest(BaseModel):
    """The body that asks for vectors."""

    model_config = ConfigDict(extra="forbid")

    input: (
        Text
        | Annotated[list[Text], Field(min_length=1, max_length=MOST_INPUTS)]
        | Tokens
        | Annotated[list[Tokens], Field(min_length=1, max_length=MOST_INPUTS)]
    )
    model: str
    dimensions: int | None = Field(None, ge=1)
    """Fewer than the model has: the first ones, scaled to length 1."""
    encoding_format: Literal["float", "base64"] = "float"
    user: str | None = None

    def inputs(self) -> list[str] | list[list[int]]:
        """One item a vector."""
        if isinstance(self.input, str):
            return [self.input]
        numbers = [one for one in self.input if isinstance(one, int)]
        return [numbers] if numbers else self.input  # type: ignore[return-value]


class Embedding(BaseModel):
    """One vector."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class Usage(BaseModel):
    """Tokens that were read."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingList(BaseModel):
    """Vectors in the order of the inputs."""

    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: Usage


def show_embeddings(request: EmbeddingRequest, made: Embedded) -> EmbeddingList:
    """Vectors as they were asked for.

    Raises:
        InvalidRequest: more dimensions than the model has.
    """
    vectors = np.frombuffer(made.vectors, "<f4").reshape(-1, made.dimensions)
    if request.dimensions is not None and request.dimensions > made.dimensions:
        raise InvalidRequest(
            f"dimensions: {request.model!r} has {made.dimensions}; ask for as many or fewer.", "dimensions"
        )
    if request.dimensions is not None:
        cut = vectors[:, : request.dimensions]
        vectors = cut / np.maximum(np.linalg.norm(cut, axis=1, keepdims=True), np.float32(1e-12))
    plain = request.encoding_format == "float"
    data = [
        Embedding(index=i, embedding=row.tolist() if plain else b64encode(row.tobytes()).decode())
        for i, row in enumerate(vectors)
    ]
    usage = Usage(prompt_tokens=made.tokens, total_tokens=made.tokens)
    return EmbeddingList(data=data, model=request.model, usage=usage)
