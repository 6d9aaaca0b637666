"""/v1/vector_stores/{id}/answers: an answer with exact citations, or none where the evidence is weak."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from generation.errors import GenerationError
from retrieval.answers.records import Answered, Searched
from retrieval.errors import RetrievalError
from service.engine.port import Ask
from service.error_responses import body_of, describe
from service.errors import ServiceError, rule_for
from service.resources import Here, Resources
from service.schemas.answers import AnswerCreate, AnswerObject, show_answer, show_source
from service.sse import stream_response
from service.vector_store_lookups import find_usable_vector_store

router = APIRouter(prefix="/v1/vector_stores", tags=["answers"])


@router.post("/{vector_store_id}/answers", response_model=AnswerObject)
async def create(here: Here, vector_store_id: str, body: AnswerCreate) -> AnswerObject | Response:
    """Answer a question from the files of a vector store.

    With `stream`, the events are `answer.searched`, `answer.delta` as text comes, and `answer.completed`.
    """
    await run_in_threadpool(find_usable_vector_store, here, vector_store_id)
    ask = body.ask(vector_store_id)
    if body.stream:
        return await stream_response(_events(here, ask))
    items = [item async for item in here.engine.ask(ask)]
    assert isinstance(items[-1], Answered)
    return show_answer(ask, items[-1])


async def _events(here: Resources, ask: Ask) -> AsyncIterator[dict[str, Any]]:
    begun = False
    try:
        async for item in here.engine.ask(ask):
            begun = True
            yield _event(ask, item)
    except (ServiceError, GenerationError, RetrievalError) as error:
        if not begun:
            raise
        yield {"type": "error", **body_of(rule_for(error), *describe(error))}


def _event(ask: Ask, item: Searched | str | Answered) -> dict[str, Any]:
    if isinstance(item, str):
        return {"type": "answer.delta", "delta": item}
    if isinstance(item, Searched):
        return {"type": "answer.searched", "sources": [show_source(one).model_dump() for one in item.sources]}
    return {"type": "answer.completed", "answer": show_answer(ask, item).model_dump()}
