"""/v1/vector_stores/{id}/search: passages of its files, with their places."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from service.resources import Here
from service.schemas.vector_store_search import SearchPage, VectorStoreSearch, show_passage
from service.vector_store_lookups import find_usable_vector_store

router = APIRouter(prefix="/v1/vector_stores", tags=["vector stores"])


@router.post("/{vector_store_id}/search")
async def search(here: Here, vector_store_id: str, body: VectorStoreSearch) -> SearchPage:
    """Find the passages that bear on a question, best first."""
    await run_in_threadpool(find_usable_vector_store, here, vector_store_id)
    question = body.question()
    found = await here.engine.search(vector_store_id, question)
    return SearchPage(search_query=list(question.texts), data=[show_passage(passage) for passage in found])
