"""/v1/embeddings: texts as vectors."""

from __future__ import annotations

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from service.resources import Here
from service.schemas.embeddings import EmbeddingList, EmbeddingRequest, show_embeddings

router = APIRouter(prefix="/v1/embeddings", tags=["embeddings"])


@router.post("", response_model=EmbeddingList)
async def create(here: Here, body: EmbeddingRequest) -> Response:
    """Embed texts, or lists of the model's own tokens."""
    made = await here.engine.embed(body.model, body.inputs())
    # A thousand vectors are megabytes of digits, which the event loop should not write.
    text = await run_in_threadpool(lambda: show_embeddings(body, made).model_dump_json())
    return Response(text, media_type="application/json")
