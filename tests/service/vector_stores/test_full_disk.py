"""A full disk: the file says so, what was there stays, and the same file goes in once there is room."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from service.storage.data_dir import DataDir
from tests.full_disk import largest_file
from tests.service.vector_stores.calls import BRIDGE, RIVER, STORES, attach, found, member, refusal

LONG = " ".join(f"word{n}" for n in range(24_000))


def test_a_file_for_which_there_is_no_room_fails_alone(client: TestClient, store: str, ingest: Any) -> None:
    old = attach(client, store, "river.md", RIVER)
    ingest()
    long, short = attach(client, store, "long.txt", LONG), attach(client, store, "bridge.md", BRIDGE)
    with largest_file(350_000):
        ingest()
    error = member(client, store, long)["last_error"]
    assert error["code"] == "server_error" and "free some space" in error["message"]
    assert found(client, store) == {old, short}
    client.post(f"{STORES}/{store}/files", json={"file_id": long})
    ingest()
    assert found(client, store, "word23999", ranking_options={"ranker": "lexical"}) == {long}


def test_an_upload_for_which_there_is_no_room_is_refused_whole(client: TestClient, data: DataDir) -> None:
    files = {"file": ("long.txt", LONG)}
    with largest_file(100_000):
        answer = client.post("/v1/files", files=files, data={"purpose": "assistants"})
    assert "free some space" in refusal(answer, 507)["message"]
    assert client.get("/v1/files").json()["data"] == []
    assert list((data.root / "files").iterdir()) == []
