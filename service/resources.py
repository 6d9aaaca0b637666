"""What the routes work with, handed to them by FastAPI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from service.engine.port import Engine
from service.settings import Settings
from service.storage.data_dir import DataDir


@dataclass(frozen=True, slots=True)
class Resources:
    """One server's settings, data and models."""

    settings: Settings
    data: DataDir
    engine: Engine


async def _resources(request: Request) -> Resources:
    # Not a plain function: FastAPI would send each request through a thread for it.
    resources = request.app.state.resources
    assert isinstance(resources, Resources)
    return resources


Here = Annotated[Resources, Depends(_resources)]
