"""The engine process: models in memory, behind a Unix domain socket that only our user may open."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import uvicorn

from service.engine.desk import Desk
from service.engine.models import Models
from service.engine.server import create_engine_app
from service.engine.shelves import Shelves
from service.processes.environment import ENGINE_SOCKET
from service.processes.leash import ask_self_to_stop, hold
from service.settings import Settings
from service.storage.data_dir import DataDir
from service.wiring import build_reranker, build_workbench


def main() -> None:
    """Serve the web process."""
    hold(on_parent_death=ask_self_to_stop)
    os.umask(0o077)
    settings = Settings()
    path = Path(os.environ[ENGINE_SOCKET])
    path.unlink(missing_ok=True)
    data = DataDir.open(settings.data_dir)
    models = Models(partial(build_workbench, settings), data.pipeline, settings.loaded_models)
    shelves = Shelves(models.embedder, data.library, build_reranker(settings))
    config = uvicorn.Config(
        create_engine_app(models, shelves, Desk(models.open, shelves, models.reader)),
        uds=str(path),
        log_level=settings.log_level,
        access_log=False,
        timeout_graceful_shutdown=3,
        lifespan="off",
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
