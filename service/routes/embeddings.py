"""/v1/embeddings: texts as vectors."""

from __future__ import annotations

from fastapi import APIRouter

from service.errors import InvalidRequest
from service.resources import Here
from service.schemas.embeddings import MOST_TOKENS, EmbeddingList, EmbeddingRequest, show_embeddings

router = APIRouter(prefix="/v1/embeddings", tags=["embeddings"])


@router.post("")
async def create(here: Here, body: EmbeddingRequest) -> EmbeddingList:
    """Embed texts, or lists of the model's own tokens."""
    inputs = body.inputs()
    if sum(len(one) for one in inputs) > MOST_TOKENS:
        raise InvalidRequest(
            f"input: holds more than {MOST_TOKENS:,} characters or tokens; send fewer at once.", "input"
        )
    return show_embeddings(body, await here.engine.embed(body.model, inputs))
