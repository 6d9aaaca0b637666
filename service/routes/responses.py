"""/v1/responses: a model's answer, from files where the request names vector stores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from generation.messages import Message
from service.errors import InvalidRequest, NotFound
from service.resources import Here, Resources
from service.responses.narration import Narration, show
from service.responses.run import respond
from service.schemas.lists import Identified
from service.schemas.responses import RESULTS, ResponseCreate
from service.sse import stream_response
from service.storage.responses import StoredResponse
from service.vector_store_lookups import find_usable_vector_store

router = APIRouter(prefix="/v1/responses", tags=["responses"])


class ResponseDeleted(Identified):
    """A response that is gone."""

    object: Literal["response"] = "response"
    deleted: Literal[True] = True


@router.post("", response_model=None)
async def create(here: Here, body: ResponseCreate) -> Response:
    """Answer; with the file_search tool, from files, with the places that support each sentence."""
    before = await run_in_threadpool(_prepare, here, body)
    narration = Narration(body)
    events = respond(here, body, before, narration)
    if body.stream:
        return await stream_response(events)
    async for _ in events:
        pass
    if narration.fault is not None:
        raise narration.fault
    return JSONResponse(narration.shown())


@router.get("/{response_id}")
def retrieve(
    here: Here,
    response_id: str,
    include: Annotated[list[str], Query(alias="include[]")] = [],  # noqa: B006 - FastAPI copies it
    stream: bool = False,
) -> dict[str, Any]:
    """A response that was given before."""
    if stream:
        raise InvalidRequest("stream: responses are not kept as streams; leave it out.", "stream")
    return show(_find(here, response_id).response, RESULTS in include)


@router.get("/{response_id}/input_items")
def input_items(here: Here, response_id: str) -> dict[str, Any]:
    """What was said for a response, the last turn first."""
    stored = _find(here, response_id)
    items = [_item(stored, number, turn) for number, turn in enumerate(stored.turns)][::-1]
    ends = {"first_id": items[0]["id"], "last_id": items[-1]["id"]} if items else {}
    return {"object": "list", "data": items, "first_id": None, "last_id": None, **ends, "has_more": False}


@router.delete("/{response_id}")
def delete(here: Here, response_id: str) -> ResponseDeleted:
    """Forget a response; those that continue it stay, but cannot be continued any more."""
    if not here.data.responses.delete(response_id):
        raise _missing(response_id, "response_id")
    return ResponseDeleted(id=response_id)


def _prepare(here: Resources, body: ResponseCreate) -> list[Message]:
    """The turns before; the vector stores are looked up, which counts as their use."""
    for store_id in body.tool.vector_store_ids if body.tool else ():
        find_usable_vector_store(here, store_id)
    if body.previous_response_id is None:
        return []
    chain = here.data.responses.chain(body.previous_response_id)
    if isinstance(chain, str):
        raise _missing(chain, "previous_response_id")
    return _said(chain)


def _said(chain: Sequence[StoredResponse]) -> list[Message]:
    return [turn for stored in chain for turn in stored.said]


def _find(here: Resources, response_id: str) -> StoredResponse:
    stored = here.data.responses.get(response_id)
    if stored is None:
        raise _missing(response_id, "response_id")
    return stored


def _missing(response_id: str, param: str) -> NotFound:
    return NotFound(
        f"{param}: there is no response {response_id!r}; it was deleted, is over a month old, or was made "
        "with store=false.",
        param,
    )


def _item(stored: StoredResponse, number: int, turn: Message) -> dict[str, Any]:
    kind = "output_text" if turn.role == "assistant" else "input_text"
    return {
        "id": f"msg_{stored.id.removeprefix('resp_')}_{number}",
        "type": "message",
        "role": turn.role,
        "status": "completed",
        "content": [{"type": kind, "text": turn.content}],
    }
