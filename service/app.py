"""The web application: routes, guards and error answers around the resources it is given."""

from __future__ import annotations

from dataclasses import replace

from fastapi import FastAPI
from starlette.middleware import Middleware

from service import error_responses
from service.auth import Guard
from service.body_limit import BodyLimit
from service.engine.metered import metered
from service.meters import Meters
from service.request_ids import RequestIds
from service.request_meter import RequestMeter
from service.resources import Resources
from service.routes import ROUTERS
from service.schemas.errors import ErrorAnswer

DESCRIPTION = "Prompt, retrieve or fine-tune? Measured on your samples; the winner is served."


def create_app(resources: Resources) -> FastAPI:
    """The ASGI app of one server."""
    settings, meters = resources.settings, Meters()
    app = FastAPI(
        title="Trivium",
        description=DESCRIPTION,
        middleware=[
            Middleware(RequestMeter, meters=meters),
            Middleware(RequestIds),
            Middleware(Guard, keys=settings.api_keys),
            Middleware(BodyLimit, max_bytes=settings.max_body_bytes),
        ],
        redirect_slashes=False,
        responses={"default": {"model": ErrorAnswer, "description": "An error, in OpenAI's shape"}},
        # The interactive pages of FastAPI load their scripts from the internet.
        docs_url=None,
        redoc_url=None,
    )
    app.state.meters = meters
    app.state.resources = replace(resources, engine=metered(resources.engine, meters))
    error_responses.install(app)
    for router in ROUTERS:
        app.include_router(router)
    return app
