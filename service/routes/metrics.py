"""/metrics: what the server counts about itself, for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from service.meters import Meters
from service.resources import Here

router = APIRouter(tags=["health"])


@router.get("/metrics", response_class=Response)
def metrics(here: Here, request: Request) -> Response:
    """Requests, latencies, tokens, and what waits; asks for an API key where the server has keys."""
    meters: Meters = request.app.state.meters
    return Response(meters.shown(here.data.jobs.unfinished()), media_type=CONTENT_TYPE_LATEST)
