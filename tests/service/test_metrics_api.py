"""GET /metrics: what was asked, how it went, what models wrote, and what waits."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from service.app import create_app
from service.engine.scripted import ScriptedEngine
from service.resources import Resources
from service.settings import Settings
from service.storage.data_dir import DataDir
from service.storage.job import NewJob


def counted(client: TestClient, headers: dict[str, str] | None = None) -> dict[tuple[str, ...], float]:
    """Every figure by its name and its labels' values."""
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


@pytest.mark.parametrize("stream", [False, True])
def test_requests_and_tokens_are_counted(client: TestClient, stream: bool) -> None:
    body = {"model": "pocket", "messages": [{"role": "user", "content": "one two"}], "stream": stream}
    client.post("/v1/chat/completions", json=body)
    client.get("/v1/models/nobody")
    client.get("/v1/models/nobody/else")
    client.get("/a/strangers/path")
    client.request("STRANGE", "/health")
    found = counted(client)
    chats = ("POST", "/v1/chat/completions")
    assert found["trivium_requests_total", *chats, "200"] == 1
    assert found["trivium_request_seconds_count", *chats] == 1
    assert found["trivium_requests_total", "GET", "/v1/models/{model:path}", "404"] == 2
    assert found["trivium_requests_total", "GET", "none", "404"] == 1
    assert found["trivium_requests_total", "other", "/health", "405"] == 1
    assert found["trivium_tokens_total", "completion"] >= 4 and found["trivium_tokens_total", "prompt"] > 0
    assert found[("trivium_engine_requests",)] == 0
    assert not any("strangers" in name for key in found for name in key)


def test_jobs_that_wait_are_counted(client: TestClient, data: DataDir) -> None:
    for number in range(2):
        data.jobs.create(NewJob(f"rec_{number}", "recommendation", {}, f"hash-{number}"), 0)
    assert counted(client)["trivium_jobs", "recommendation", "queued"] == 2
    data.jobs.move("rec_0", "running")
    found = counted(client)
    assert found["trivium_jobs", "recommendation", "queued"] == 1
    assert found["trivium_jobs", "recommendation", "running"] == 1


def test_keys_guard_it(settings: Settings, data: DataDir, engine: ScriptedEngine) -> None:
    key = "a-key-of-enough-length"
    guarded = Settings(data_dir=settings.data_dir, api_keys=key)
    with TestClient(create_app(Resources(guarded, data, engine)), "http://localhost") as client:
        assert client.get("/metrics").status_code == 401
        found = counted(client, {"authorization": f"Bearer {key}"})
    assert found["trivium_requests_total", "GET", "none", "401"] == 1
