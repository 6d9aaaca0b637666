"""A whole application on a scripted engine, and a use case to post."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from fastapi.testclient import TestClient

from generation.scripted_model import ScriptedModel
from service.app import create_app
from service.engine.scripted import ScriptedEngine
from service.processes.started import Running
from service.resources import Resources
from service.settings import Settings
from service.storage.data_dir import DataDir
from service.storage.database import migrate

LABELS = ("billing", "shipping", "returns")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", max_body_bytes=300_000)


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory to copy; making one waits for the disk."""
    folder = tmp_path_factory.mktemp("empty") / "data"
    migrate(folder)
    return folder


@pytest.fixture
def data(settings: Settings, empty: Path) -> DataDir:
    shutil.copytree(empty, settings.data_dir)
    return DataDir.open(settings.data_dir)


@pytest.fixture
def deployments() -> dict[str, dict[str, str]]:
    """What each deployment answers; tests fill it."""
    return {}


@pytest.fixture
def engine(deployments: dict[str, dict[str, str]], settings: Settings) -> ScriptedEngine:
    def echo(request: Any) -> str:
        return f"You said {request.messages[-1].content}"

    names = ("pocket", "team/echo", "openai:remote")
    return ScriptedEngine(
        [ScriptedModel(name, echo) for name in names], deployments, settings.data_dir / "vector_stores"
    )


@pytest.fixture
def client(settings: Settings, data: DataDir, engine: ScriptedEngine) -> Iterator[TestClient]:
    app = create_app(Resources(settings, data, engine))
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def stock(live: Running) -> Iterator[openai.OpenAI]:
    """The client as everyone has it, for the started server of a module."""
    with openai.OpenAI(base_url=f"{live.url}/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture
def use_case() -> dict[str, Any]:
    """Small, valid, about labels."""
    samples = [{"input": f"case {i} about {LABELS[i % 3]}", "output": LABELS[i % 3]} for i in range(24)]
    return {"name": "Desk", "description": "Say which desk must act.", "samples": samples, "preset": "quick"}
