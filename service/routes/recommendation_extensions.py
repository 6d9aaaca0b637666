"""POST /v1/recommendations/{id}/extend: go on with more samples or a larger budget."""

from __future__ import annotations

from fastapi import APIRouter, Response

from advisor.extension import extended
from service.errors import NotReady
from service.lookups import find_recommendation
from service.resources import Here
from service.routes.recommendations import IdempotencyKey, queue_use_case, show
from service.schemas.recommendations import ExtendRequest, RecommendationObject
from service.use_case_folder import read_use_case

router = APIRouter(prefix="/v1/recommendations", tags=["recommendations"])


@router.post("/{recommendation_id}/extend", status_code=202)
def extend(
    here: Here,
    recommendation_id: str,
    body: ExtendRequest,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> RecommendationObject:
    """Queue a new recommendation that uses again what stays valid of a finished one."""
    earlier = find_recommendation(here, recommendation_id)
    if not earlier.finished:
        raise NotReady(f"The recommendation is {earlier.status}; extend it when it has ended, or cancel it.")
    use_case = read_use_case(here.data.folder("recommendation", earlier.id))
    larger = extended(use_case, body.samples, body.budget)
    job = queue_use_case(here, larger, idempotency_key, extends=earlier.id)
    response.headers["location"] = f"/v1/recommendations/{job.id}"
    return show(here, job, response)
