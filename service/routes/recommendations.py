"""/v1/recommendations: hand in a use case, watch it being measured, stop it."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from advisor.use_case import UseCase
from service.admission import admit, specify
from service.errors import InvalidRequest
from service.lookups import find_recommendation
from service.queueing import queue_with_folder
from service.resources import Here, Resources
from service.schemas.lists import ListOf, PageQuery, list_of
from service.schemas.recommendation_body import OPENAPI_BODY
from service.schemas.recommendations import RecommendationObject, show_recommendation
from service.storage.job import Job, NewJob
from service.use_case_folder import keep_use_case

router = APIRouter(prefix="/v1/recommendations", tags=["recommendations"])
LONGEST_KEY = 255
POLL_MS = "500"
PROGRESS = ("stage", "trial")
IdempotencyKey = Annotated[str | None, Header(max_length=LONGEST_KEY)]


@router.post("", status_code=202, openapi_extra=OPENAPI_BODY)
async def create(
    here: Here, request: Request, response: Response, idempotency_key: IdempotencyKey = None
) -> RecommendationObject:
    """Queue the measurement of a use case."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise InvalidRequest("content-type: send the use case as application/json.", "content-type")
    body = await request.body()
    use_case = await run_in_threadpool(admit, here, body)
    for model in use_case.every_model:
        await here.engine.check(model)
    job = await run_in_threadpool(queue_use_case, here, use_case, idempotency_key)
    response.headers["location"] = f"/v1/recommendations/{job.id}"
    return await run_in_threadpool(show, here, job, response)


@router.get("")
def list_recommendations(here: Here, query: PageQuery) -> ListOf[RecommendationObject]:
    """List recommendations, newest first."""
    page = here.data.jobs.page("recommendation", query.cursor())
    return list_of(page, lambda job: show_recommendation(job, here.data.jobs.latest(job.id, PROGRESS)))


@router.get("/{recommendation_id}")
def retrieve(here: Here, recommendation_id: str, response: Response) -> RecommendationObject:
    """One recommendation with its current standing."""
    return show(here, find_recommendation(here, recommendation_id), response)


@router.post("/{recommendation_id}/cancel")
def cancel(here: Here, recommendation_id: str, response: Response) -> RecommendationObject:
    """Stop measuring; what was measured is kept and reported. A finished one stays as it is."""
    find_recommendation(here, recommendation_id)
    here.data.jobs.request_cancel(recommendation_id)
    return show(here, find_recommendation(here, recommendation_id), response)


def queue_use_case(here: Resources, use_case: UseCase, key: str | None, extends: str | None = None) -> Job:
    """Queue the measurement of a use case, or give back the same one of a moment ago."""
    text = use_case.model_dump_json()
    job_id, spec = f"rec_{uuid4().hex}", specify(use_case) | {"extends": extends}
    new = NewJob(job_id, "recommendation", spec, sha256(text.encode()).hexdigest(), key)
    return queue_with_folder(here, new, lambda folder: keep_use_case(folder, text))


def show(here: Resources, job: Job, response: Response) -> RecommendationObject:
    """A job as the API tells it, with its current standing."""
    response.headers["openai-poll-after-ms"] = POLL_MS
    return show_recommendation(job, here.data.jobs.latest(job.id, PROGRESS))
