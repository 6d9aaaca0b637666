"""/v1/vector_stores/{id}/evaluations: how well a vector store finds, answers, cites and abstains."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from retrieval.evaluation.questions import LabelledQuestion, check_enough, read_questions
from retrieval.reranker import required
from service.errors import InvalidRequest, NotFound
from service.evaluation_folder import as_lines, keep_questions, told_outcomes
from service.lookups import find_file
from service.queueing import queue_with_folder
from service.resources import Here, Resources
from service.routes.recommendations import POLL_MS, IdempotencyKey
from service.schemas.evaluations import EvaluationBody, EvaluationCreate, EvaluationObject, show_evaluation
from service.schemas.lists import ListOf, PageQuery, list_of
from service.storage.job import Job, NewJob
from service.storage.tables import jobs
from service.vector_store_lookups import find_usable_vector_store, find_vector_store
from service.wiring import build_reranker

router = APIRouter(prefix="/v1/vector_stores/{vector_store_id}/evaluations", tags=["evaluations"])


@router.post("", status_code=202)
async def create(
    here: Here,
    vector_store_id: str,
    body: EvaluationBody,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> EvaluationObject:
    """Queue the measurement of a vector store on labelled questions."""
    await run_in_threadpool(find_usable_vector_store, here, vector_store_id)
    questions = await run_in_threadpool(_questions, here, body)
    if body.ranking_options and body.ranking_options.rerank:
        required(build_reranker(here.settings))
    if body.fit:
        check_enough(questions)
    if body.model is not None:
        await here.engine.check(body.model)
    job = await run_in_threadpool(_queue, here, vector_store_id, body, questions, idempotency_key)
    response.headers["location"] = f"/v1/vector_stores/{vector_store_id}/evaluations/{job.id}"
    return _show(here, job, response)


@router.get("")
def list_evaluations(here: Here, vector_store_id: str, query: PageQuery) -> ListOf[EvaluationObject]:
    """List the evaluations of a vector store, newest first."""
    find_vector_store(here, vector_store_id)
    of_store = jobs.c.spec["vector_store_id"].as_string() == vector_store_id
    page = here.data.jobs.page("evaluation", query.cursor(), of_store)
    return list_of(page, lambda job: show_evaluation(job, here.data.jobs.latest(job.id, ("question",))))


@router.get("/{evaluation_id}")
def retrieve(here: Here, vector_store_id: str, evaluation_id: str, response: Response) -> EvaluationObject:
    """One evaluation, with its report once it is finished."""
    return _show(here, _find(here, vector_store_id, evaluation_id), response)


@router.get("/{evaluation_id}/outcomes")
def outcomes(here: Here, vector_store_id: str, evaluation_id: str) -> dict[str, Any]:
    """Every question that was asked so far, with what was found, said and cited."""
    job = _find(here, vector_store_id, evaluation_id)
    told = told_outcomes(here.data.folder("evaluation", job.id))
    return {"object": "list", "data": told, "first_id": None, "last_id": None, "has_more": False}


@router.post("/{evaluation_id}/cancel")
def cancel(here: Here, vector_store_id: str, evaluation_id: str, response: Response) -> EvaluationObject:
    """Stop asking; what was asked is reported. A finished one stays as it is."""
    job = _find(here, vector_store_id, evaluation_id)
    here.data.jobs.request_cancel(job.id)
    return _show(here, _find(here, vector_store_id, evaluation_id), response)


def _questions(here: Resources, body: EvaluationCreate) -> list[LabelledQuestion]:
    if body.questions is not None:
        return body.questions
    assert body.questions_file is not None
    file = find_file(here, body.questions_file, "questions_file")
    try:
        return read_questions(here.data.files.path(file).read_text("utf-8"))
    except UnicodeDecodeError:
        raise InvalidRequest(
            f"questions_file: {file.filename} is not UTF-8 text; upload JSON Lines.", "questions_file"
        ) from None


def _queue(
    here: Resources, store: str, body: EvaluationCreate, questions: list[LabelledQuestion], key: str | None
) -> Job:
    lines, spec = as_lines(questions), body.spec(store, len(questions))
    told = json.dumps([spec, lines], sort_keys=True)
    new = NewJob(f"eval_{uuid4().hex}", "evaluation", spec, sha256(told.encode()).hexdigest(), key)
    return queue_with_folder(here, new, lambda folder: keep_questions(folder, lines))


def _find(here: Resources, store_id: str, evaluation_id: str) -> Job:
    find_vector_store(here, store_id)
    job = here.data.jobs.get(evaluation_id, "evaluation")
    if job is None or job.spec["vector_store_id"] != store_id:
        raise NotFound(
            f"The vector store {store_id!r} has no evaluation {evaluation_id!r}; "
            f"GET /v1/vector_stores/{store_id}/evaluations lists them.",
            "evaluation_id",
        )
    return job


def _show(here: Resources, job: Job, response: Response) -> EvaluationObject:
    response.headers["openai-poll-after-ms"] = POLL_MS
    return show_evaluation(job, here.data.jobs.latest(job.id, ("question",)))
