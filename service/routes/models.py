"""/v1/models: bases, trained and remote models, and deployments; what was made here can be deleted."""

from __future__ import annotations

import shutil

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from service.errors import InvalidRequest, NotReady
from service.resources import Here, Resources
from service.schemas.models import DeletedModel, Model, ModelList, show_card, show_deployed
from service.storage.job import Job
from service.trained_models import delete_trained

router = APIRouter(prefix="/v1/models", tags=["models"])


@router.get("")
async def list_models(here: Here) -> ModelList:
    """Everything that can be chatted with."""
    cards = [show_card(c) for c in await here.engine.cards()]
    deployed = await run_in_threadpool(here.data.jobs.deployed)
    return ModelList(data=[*cards, *(show_deployed(job) for job in deployed)])


@router.get("/{model:path}")
async def retrieve(here: Here, model: str) -> Model:
    """One model."""
    listed = await list_models(here)
    found = next((m for m in listed.data if m.id == model), None)
    if found is None:
        await here.engine.check(model)
        return Model(id=model, created=0, owned_by="remote")
    return found


@router.delete("/{model:path}")
async def delete(here: Here, model: str) -> DeletedModel:
    """Delete a deployment with all that was prepared for it, or a fine-tuned model; its job stays."""
    deployed = await run_in_threadpool(here.data.jobs.serving, model)
    if deployed is not None:
        await run_in_threadpool(_delete, here, deployed)
    elif not await run_in_threadpool(delete_trained, here, model):
        await here.engine.check(model)
        raise InvalidRequest(
            f"model: {model!r} belongs to the server; only fine-tuned models and deployments can be deleted.",
            "model",
        )
    return DeletedModel(id=model)


def _delete(here: Resources, deployed: Job) -> None:
    if not here.data.jobs.delete(deployed.id):
        raise NotReady(
            f"model: {deployed.model_name} is {deployed.status}; cancel it first with "
            f"POST /v1/deployments/{deployed.id}/cancel.",
            "model",
        )
    shutil.rmtree(here.data.folder("deployment", deployed.id), ignore_errors=True)
