"""Turning a recommendation into a model name, and /v1/deployments to watch that."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from advisor.methods import model_name
from generation.errors import UnknownModelError
from service.errors import InvalidRequest, NotReady
from service.lookups import find_deployment, find_recommendation
from service.resources import Here, Resources
from service.routes.recommendations import POLL_MS, IdempotencyKey
from service.schemas.deployments import DeploymentObject, DeployRequest, show_deployment
from service.schemas.lists import ListOf, PageQuery, list_of
from service.storage.job import Job, NewJob

router = APIRouter(prefix="/v1", tags=["deployments"])


@router.post("/recommendations/{recommendation_id}/deploy", status_code=202)
async def deploy(
    here: Here,
    recommendation_id: str,
    response: Response,
    body: DeployRequest | None = None,
    idempotency_key: IdempotencyKey = None,
) -> DeploymentObject:
    """Make a measured method answer under a model name."""
    asked = body or DeployRequest(method=None, name=None)
    if asked.name is not None:
        await _refuse_taken(here, asked.name)
    job = await run_in_threadpool(_queue, here, recommendation_id, asked, idempotency_key)
    response.headers["location"] = f"/v1/deployments/{job.id}"
    response.headers["openai-poll-after-ms"] = POLL_MS
    return show_deployment(job)


@router.get("/deployments")
def list_deployments(here: Here, query: PageQuery) -> ListOf[DeploymentObject]:
    """List deployments, newest first."""
    return list_of(here.data.jobs.page("deployment", query.cursor()), show_deployment)


@router.get("/deployments/{deployment_id}")
def retrieve(here: Here, deployment_id: str, response: Response) -> DeploymentObject:
    """One deployment."""
    job = find_deployment(here, deployment_id)
    response.headers["openai-poll-after-ms"] = POLL_MS
    return show_deployment(job)


@router.post("/deployments/{deployment_id}/cancel")
def cancel(here: Here, deployment_id: str, response: Response) -> DeploymentObject:
    """Stop making a deployment. A finished one stays as it is: DELETE /v1/models/{name} removes it."""
    find_deployment(here, deployment_id)
    here.data.jobs.request_cancel(deployment_id)
    return retrieve(here, deployment_id, response)


async def _refuse_taken(here: Resources, name: str) -> None:
    try:
        await here.engine.check(name)
    except UnknownModelError:
        return
    raise InvalidRequest(f"name: {name!r} is a model already; choose another name.", "name")


def _queue(here: Resources, recommendation_id: str, asked: DeployRequest, key: str | None) -> Job:
    source = find_recommendation(here, recommendation_id)
    report = _report(here, source)
    method = _method(report, asked.method)
    deployment_id = f"dep_{uuid4().hex}"
    name = asked.name or f"{_slug(source.spec['name'] or 'use-case')}-{_slug(method)}-{deployment_id[4:10]}"
    parent = model_name(method) or source.spec["model"]
    spec = {
        "recommendation": source.id,
        "method": method,
        "parent_model": parent,
        "models": source.spec.get("models", []),
    }
    body = json.dumps([source.id, asked.model_dump(mode="json")])
    new = NewJob(deployment_id, "deployment", spec, sha256(body.encode()).hexdigest(), key, name)
    job, _ = here.data.jobs.create(new, here.settings.duplicate_seconds)
    return job


def _report(here: Resources, source: Job) -> dict[str, Any]:
    path = here.data.folder("recommendation", source.id) / "report.json"
    if not source.finished or not path.exists():
        raise NotReady(f"The recommendation is {source.status}; deploy it when it has succeeded.")
    report: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return report


def _method(report: dict[str, Any], asked: str | None) -> str:
    measured = [row["method"] for row in report["rows"]]
    if asked is None and report["recommended"] is None:
        raise InvalidRequest(
            f"method: no method is recommended; name one of {', '.join(measured)}.", "method"
        )
    method = asked or str(report["recommended"])
    if method not in measured:
        raise InvalidRequest(
            f"method: {method!r} was not measured; name one of {', '.join(measured)}.", "method"
        )
    return method


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold())[:40].strip("-") or "use-case"
