"""/v1/fine_tuning/jobs/{id}/events and /checkpoints: what a training tells, and what it keeps."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from service.errors import InvalidRequest
from service.event_stream import stream_events
from service.jobs.training_events import CHECKPOINT, MOST_CHECKPOINTS
from service.lookups import find_fine_tuning
from service.resources import Here
from service.schemas.fine_tuning import (
    TOLD,
    CheckpointsQuery,
    EventsQuery,
    FineTuningCheckpoint,
    FineTuningEvent,
    checkpoint_id,
    event_id,
    show_checkpoint,
    show_event,
)
from service.schemas.lists import ListOf, list_of
from service.storage.fine_tuning import checkpoint_folder
from service.storage.job import JobEvent
from service.storage.pages import Page

router = APIRouter(prefix="/v1/fine_tuning/jobs", tags=["fine-tuning"])
SSE = "text/event-stream"


@router.get("/{job_id}/events", response_model=ListOf[FineTuningEvent])
def events(
    here: Here,
    job_id: str,
    query: Annotated[EventsQuery, Query()],
    accept: Annotated[str, Header()] = "",
    last_event_id: Annotated[str | None, Header()] = None,
) -> ListOf[FineTuningEvent] | StreamingResponse:
    """Events, newest first; with `stream=true` or `Accept: text/event-stream`, oldest first as they come."""
    find_fine_tuning(here, job_id)
    if query.stream or SSE in accept:

        def show(event: JobEvent) -> dict[str, Any]:
            return show_event(job_id, event).model_dump()

        return stream_events(here.data.jobs, job_id, last_event_id, show)
    before = _seq(query.after, event_id(job_id, 0)[:-1])
    found, more = here.data.jobs.history(job_id, TOLD, before, query.limit)
    return list_of(Page(tuple(found), more), lambda event: show_event(job_id, event))


@router.get("/{job_id}/checkpoints")
def checkpoints(
    here: Here, job_id: str, query: Annotated[CheckpointsQuery, Query()]
) -> ListOf[FineTuningCheckpoint]:
    """The models that are kept of single epochs, newest first."""
    job = find_fine_tuning(here, job_id)
    before = _seq(query.after, checkpoint_id(job_id, 0)[:-1])
    found, _ = here.data.jobs.history(job_id, (CHECKPOINT,), before, MOST_CHECKPOINTS)
    kept = [event for event in found if checkpoint_folder(here.data, job, event.data["step"]).exists()]
    page = Page(tuple(kept[: query.limit]), len(kept) > query.limit)
    return list_of(page, lambda event: show_checkpoint(job, event))


def _seq(after: str | None, beginning: str) -> int | None:
    """The number in the id that a page shall follow."""
    if after is None:
        return None
    number = after.removeprefix(beginning)
    if number == after or not (number.isascii() and number.isdigit() and len(number) < 10):
        raise InvalidRequest(f"after: there is no item {after!r} in this list; take an id from it.", "after")
    return int(number)
