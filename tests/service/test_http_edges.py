"""What holds for every route: error shape, request ids, keys, origins, limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from generation.language_model import Generation, Request
from service.app import create_app
from service.engine.scripted import ScriptedEngine
from service.resources import Resources
from service.settings import Settings
from service.storage.data_dir import DataDir

KEY = "a-key-of-enough-length"


class BrokenEngine(ScriptedEngine):
    """Fails in a way that nobody foresaw."""

    async def generate(self, model: str, requests: Any) -> list[Generation]:
        raise RuntimeError("a secret of the server")

    async def stream(self, model: str, request: Request) -> Iterator[str]:  # type: ignore[override]
        raise RuntimeError("a secret of the server")
        yield ""


def app_client(settings: Settings, data: DataDir, engine: ScriptedEngine, url: str = "http://localhost"):
    return TestClient(create_app(Resources(settings, data, engine)), url, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nope", 404), ("GET", "/v1/nope", 404), ("PUT", "/v1/files", 405), ("DELETE", "/health", 405)],
)
def test_every_error_has_openais_shape(client: TestClient, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
    assert answer.headers["x-should-retry"] == "false"
    assert answer.headers["x-request-id"].startswith("req_")


def test_request_ids_differ_and_are_ours(client: TestClient) -> None:
    ids = {client.get("/health", headers={"x-request-id": "mine"}).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3 and "mine" not in ids


@pytest.mark.parametrize("stream", [False, True])
def test_what_nobody_foresaw_is_told_without_secrets(
    settings: Settings, data: DataDir, stream: bool, caplog: pytest.LogCaptureFixture
) -> None:
    client = app_client(settings, data, BrokenEngine([]))
    body = {"model": "pocket", "messages": [{"role": "user", "content": "x"}], "stream": stream}
    answer = client.post("/v1/chat/completions", json=body)
    assert answer.status_code == 500 and "secret" not in answer.text
    assert answer.json()["error"]["type"] == "server_error"
    assert answer.headers["x-request-id"] in caplog.text and "a secret of the server" in caplog.text


def test_a_body_over_the_limit_is_refused_while_it_is_read(client: TestClient) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    for content in (b"x" * 400_000, endless()):
        answer = client.post(
            "/v1/recommendations", content=content, headers={"content-type": "application/json"}
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")
        assert "300,000" in answer.json()["error"]["message"]
    upload = client.post("/v1/files", files={"file": ("a", b"x" * 400_000)}, data={"purpose": "user_data"})
    assert upload.status_code == 413
    assert client.get("/v1/files").json()["data"] == []


def test_json_that_would_hold_up_other_answers_is_refused(
    settings: Settings, data: DataDir, engine: ScriptedEngine
) -> None:
    client = app_client(settings.model_copy(update={"max_body_bytes": 64_000_000}), data, engine)
    headers, body = {"content-type": "application/json"}, b" " * 16_000_001
    refused = client.post("/v1/embeddings", content=body, headers=headers)
    assert refused.status_code == 413 and "16,000,000" in refused.json()["error"]["message"]
    assert client.post("/v1/recommendations", content=body, headers=headers).status_code == 400
    upload = client.post("/v1/files", files={"file": ("a", body)}, data={"purpose": "user_data"})
    assert upload.status_code == 200


@pytest.fixture
def guarded(settings: Settings, data: DataDir, engine: ScriptedEngine) -> TestClient:
    keys = Settings(data_dir=settings.data_dir, api_keys=f"{KEY}, another-key-of-length")  # type: ignore[arg-type]
    return app_client(keys, data, engine, "http://trivium.example")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer wrong", f"Basic {KEY}", f"Bearer {KEY}x", "Bearer ü"]
)
@pytest.mark.parametrize("path", ["/v1/models", "/v1/recommendations", "/v1/nope", "/v1"])
def test_with_keys_every_v1_route_asks_for_one(guarded: TestClient, header: str, path: str) -> None:
    answer = guarded.get(path, headers={"authorization": header.encode("latin-1")} if header else {})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
    assert KEY not in answer.text


def test_with_keys_their_holders_and_probes_get_in(guarded: TestClient) -> None:
    for key in (KEY, "another-key-of-length"):
        assert guarded.get("/v1/models", headers={"authorization": f"Bearer {key}"}).status_code == 200
    assert guarded.get("/health").status_code == 200


@pytest.mark.parametrize(
    "headers", [{"host": "evil.example"}, {"origin": "https://evil.example"}, {"origin": "null"}]
)
def test_without_keys_other_sites_cannot_ask(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.get("/v1/models", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden_origin")


@pytest.mark.parametrize("host", ["localhost:8321", "127.0.0.1", "[::1]:8321"])
def test_without_keys_this_machine_can(client: TestClient, host: str) -> None:
    assert client.get("/v1/models", headers={"host": host}).status_code == 200


def test_ready_says_which_part_is_not(client: TestClient, data: DataDir) -> None:
    answer = client.get("/ready")
    assert answer.status_code == 503 and answer.json()["parts"]["worker"] == "has not started"
    data.heartbeat.touch()
    assert client.get("/ready").json() == {
        "status": "ready",
        "parts": {"database": "ok", "worker": "ok", "engine": "ok"},
    }


def test_the_openapi_document_names_every_route(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    paths = document["paths"]
    assert {"/v1/files", "/v1/recommendations", "/v1/chat/completions", "/v1/deployments", "/ready"} <= set(
        paths
    )
    body = paths["/v1/recommendations"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert {"samples", "samples_file", "description"} <= set(body["properties"])
    told = {status for path in paths.values() for way in path.values() for status in way["responses"]}
    assert "default" in told and "422" not in told, "errors have OpenAI's shape, not FastAPI's"
    assert set(document["components"]["schemas"]["ErrorDetail"]["properties"]) == {
        "message", "type", "param", "code"
    }  # fmt: skip
