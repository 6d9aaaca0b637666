"""/v1/recommendations/{id}/report.html, .md, .json and replay.zip: the evidence."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse

from service.errors import NotFound, NotReady
from service.lookups import find_recommendation
from service.resources import Here, Resources

router = APIRouter(prefix="/v1/recommendations", tags=["recommendations"])
INLINE_ONLY = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
}


@router.get("/{recommendation_id}/report.html", response_class=FileResponse)
def report_html(here: Here, recommendation_id: str) -> FileResponse:
    """The report as one HTML file."""
    return _report(here, recommendation_id, "report.html", "text/html; charset=utf-8")


@router.get("/{recommendation_id}/report.json", response_class=FileResponse)
def report_json(here: Here, recommendation_id: str) -> FileResponse:
    """The report as data."""
    return _report(here, recommendation_id, "report.json", "application/json")


@router.get("/{recommendation_id}/report.md", response_class=FileResponse)
def report_markdown(here: Here, recommendation_id: str) -> FileResponse:
    """The report as Markdown."""
    return _report(here, recommendation_id, "report.md", "text/markdown; charset=utf-8")


@router.get("/{recommendation_id}/replay.zip", response_class=FileResponse)
def replay_bundle(here: Here, recommendation_id: str) -> FileResponse:
    """What `trivium replay` computes every figure from again, without any model."""
    return _report(here, recommendation_id, "replay.zip", "application/zip")


def _report(here: Resources, recommendation_id: str, name: str, media_type: str) -> FileResponse:
    job = find_recommendation(here, recommendation_id)
    path = here.data.folder("recommendation", job.id) / name
    if not job.finished:
        raise NotReady(f"The recommendation is {job.status}; its report exists when it has succeeded.")
    if not path.exists():
        raise NotFound(f"The recommendation {job.status} before anything could be reported.")
    return FileResponse(path, media_type=media_type, headers=INLINE_ONLY)
