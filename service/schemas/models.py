"""OpenAI's model objects."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from service.engine.port import Card
from service.schemas.lists import Identified
from service.storage.job import Job


class Model(Identified):
    """Something that can be chatted with."""

    object: Literal["model"] = "model"
    created: int
    owned_by: str
    parent: str | None = None


class DeletedModel(Identified):
    """What DELETE answers."""

    object: Literal["model"] = "model"
    deleted: Literal[True] = True


class ModelList(BaseModel):
    """All of them; OpenAI does not page this list."""

    object: Literal["list"] = "list"
    data: list[Model]


def show_card(card: Card) -> Model:
    """A model of the catalog."""
    return Model(id=card.name, created=card.created, owned_by=card.owned_by, parent=card.parent)


def show_deployed(job: Job) -> Model:
    """A deployment as a model."""
    assert job.model_name is not None
    parent = str(job.spec["parent_model"])
    return Model(id=job.model_name, created=job.created_at, owned_by="trivium", parent=parent)
