"""A budget ends a job with an answer, and an extension goes on where it stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from generation.scripted_model import ScriptedModel
from service.app import create_app
from service.engine.scripted import ScriptedEngine
from service.jobs.process import run_job
from service.resources import Resources
from service.settings import Settings
from service.storage.data_dir import DataDir
from service.storage.database import migrate
from tests.advisor.test_recommend import facts, reads_passages
from tests.generation.conftest import chat_server

__all__ = ["chat_server"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
MODEL = "openai:script"


def test_an_extension_goes_on_where_the_budget_ended(
    chat_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = chat_server.model = ScriptedModel("script", reads_passages)
    monkeypatch.setenv("TRIVIUM_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TRIVIUM_OPENAI_BASE_URL", chat_server.base_url)
    settings = Settings()
    migrate(settings.data_dir)
    data = DataDir.open(settings.data_dir)
    engine = ScriptedEngine([ScriptedModel(MODEL, {})], {}, settings.data_dir / "vector_stores")

    def run(client: TestClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
        made = client.post(f"/v1/recommendations{path}", json=body).json()
        job = data.jobs.get(made["id"], "recommendation")
        assert job is not None
        data.jobs.move(job.id, "running")
        run_job(settings, data, job, lambda: False)  # type: ignore[arg-type]
        return client.get(f"/v1/recommendations/{job.id}").json()

    body = facts().model_dump(mode="json", include={"description", "samples", "preset"})
    with TestClient(create_app(Resources(settings, data, engine)), base_url="http://localhost") as client:
        tight = run(client, "", body | {"model": MODEL, "budget": {"calls": 60}})
        asked = len(model.requests)
        whole = run(client, f"/{tight['id']}/extend", {"budget": {}})
        again = [r.messages for r in model.requests[asked:]]
    assert (tight["status"], tight["result"]["status"]) == ("succeeded", "partial")
    assert "60 calls" in tight["result"]["sentence"] and asked <= 60
    assert (whole["status"], whole["result"]["status"]) == ("succeeded", "complete")
    assert again and not any(len(messages) == 2 for messages in again)
