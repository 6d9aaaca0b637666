"""/v1/models: bases, adapters, remote models and deployments under their names."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from service.resources import Here
from service.schemas.models import Model, ModelList, show_card, show_deployed

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
