"""The library, the command line and the server say the same of one use case with one seed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from advisor.recommend import recommend
from advisor.use_case import check
from generation.scripted_model import ScriptedModel
from service.app import create_app
from service.cli import app
from service.engine.scripted import ScriptedEngine
from service.jobs.tasks import TASKS
from service.resources import Resources
from service.settings import Settings
from service.storage.data_dir import DataDir
from service.storage.database import migrate
from service.wiring import build_workbench
from tests.advisor.test_recommend import facts, reads_passages
from tests.advisor.timeless import without_times
from tests.generation.conftest import chat_server

__all__ = ["chat_server"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MODEL = "openai:script"


def by_library(body: dict[str, Any], folder: Path) -> Any:
    return recommend(check(body), build_workbench(Settings()), folder).model_dump(mode="json")


def by_command_line(body: dict[str, Any], folder: Path) -> Any:
    folder.mkdir()
    (folder / "case.json").write_text(json.dumps(body))
    out = folder / "report.json"
    ran = CliRunner().invoke(app, ["advise", str(folder / "case.json"), "--json", str(out)])
    assert ran.exit_code == 0, ran.output
    return json.loads(out.read_text())


def by_server(body: dict[str, Any]) -> Any:
    settings = Settings()
    migrate(settings.data_dir)
    data = DataDir.open(settings.data_dir)
    engine = ScriptedEngine([ScriptedModel(MODEL, {})], {}, settings.data_dir / "vector_stores")
    with TestClient(create_app(Resources(settings, data, engine)), base_url="http://localhost") as client:
        place = f"/v1/recommendations/{client.post('/v1/recommendations', json=body).json()['id']}"
        job = data.jobs.get(place.rsplit("/", 1)[1], "recommendation")
        assert job is not None
        data.jobs.move(job.id, "running")
        result = TASKS["recommendation"](settings, data, job, lambda: False)  # type: ignore[arg-type]
        data.jobs.move(job.id, "succeeded", result=result)
        return client.get(f"{place}/report.json").json()


def test_three_doors_one_result(chat_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chat_server.model = ScriptedModel("script", reads_passages)
    monkeypatch.setenv("TRIVIUM_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TRIVIUM_OPENAI_BASE_URL", chat_server.base_url)
    body = facts().model_dump(mode="json", include={"description", "samples", "corpus"})
    body |= {"model": MODEL, "preset": "standard", "seed": 3}
    library = by_library(body, tmp_path / "library")
    measured = {row["method"] for row in library["rows"]} | set(library["not_run"])
    assert {"one-shot", "rag-few-shot", "long-context", "rag-reader", "stacked-lora"} <= measured
    assert without_times(by_command_line(body, tmp_path / "command")) == without_times(library)
    assert without_times(by_server(body)) == without_times(library)
