"""What the tests of vector stores ask of the server."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

RIVER = "# The river\n\nThe river Alda rises in the hills of Morn and flows past the old mill to the sea."
BRIDGE = "# The bridge\n\nThe stone bridge at Kell was built by masons and carries the northern road."
STORES = "/v1/vector_stores"


def upload(client: TestClient, name: str, content: str | bytes) -> str:
    files = {"file": (name, content)}
    return str(client.post("/v1/files", files=files, data={"purpose": "assistants"}).json()["id"])


def attach(client: TestClient, store: str, name: str, content: str | bytes, **wish: Any) -> str:
    file_id = upload(client, name, content)
    answer = client.post(f"{STORES}/{store}/files", json={"file_id": file_id, **wish})
    assert answer.status_code == 200, answer.text
    return file_id


def member(client: TestClient, store: str, file_id: str) -> dict[str, Any]:
    return dict(client.get(f"{STORES}/{store}/files/{file_id}").json())


def search(client: TestClient, store: str, query: Any, **options: Any) -> list[dict[str, Any]]:
    answer = client.post(f"{STORES}/{store}/search", json={"query": query, **options})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


def found(client: TestClient, store: str, query: Any = "river bridge", **options: Any) -> set[str]:
    return {hit["file_id"] for hit in search(client, store, query, **options)}


def refusal(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return dict(answer.json()["error"])
