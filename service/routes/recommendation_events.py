"""/v1/recommendations/{id}/events: the whole history as server-sent events, then what happens."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse

from service.event_stream import stream_events
from service.lookups import find_recommendation
from service.resources import Here
from service.storage.job import JobEvent

router = APIRouter(prefix="/v1/recommendations", tags=["recommendations"])


@router.get("/{recommendation_id}/events", response_class=StreamingResponse)
def events(
    here: Here, recommendation_id: str, last_event_id: Annotated[str | None, Header()] = None
) -> StreamingResponse:
    """Follow a recommendation; the stream ends after its last event."""
    find_recommendation(here, recommendation_id)
    return stream_events(here.data.jobs, recommendation_id, last_event_id, _show)


def _show(event: JobEvent) -> dict[str, Any]:
    return {"kind": event.kind, "created_at": event.created_at, **event.data}
