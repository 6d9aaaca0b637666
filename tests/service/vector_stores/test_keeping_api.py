"""Vector stores, their files and batches: shapes, lists, changes and errors, with ingestion run on demand."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pypdf import PdfWriter

from retrieval.extraction import Extractor
from retrieval.hashing_embedder import HashingEmbedder
from service.app import create_app
from service.engine.client import EngineClient
from service.jobs.ingestion import Ingestion
from service.resources import Resources
from service.settings import Settings
from service.storage.data_dir import DataDir
from tests.service.vector_stores.calls import (
    BRIDGE,
    RIVER,
    STORES,
    attach,
    found,
    member,
    refusal,
    upload,
)


def locked_pdf() -> bytes:
    out = BytesIO()
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "code", "reason"),
    [
        ("empty.txt", b" \n", "invalid_file", "white space"),
        ("scan.pdf", b"%PDF-1.4 cut off", "invalid_file", "broken"),
        ("locked.pdf", locked_pdf(), "unsupported_file", "password"),
        ("letter.pdf", b"just a letter", "invalid_file", ""),
        ("tool.exe", b"MZ\x90\x00" + bytes(range(256)) * 40, "unsupported_file", "neither"),
    ],
)
def test_a_bad_file_fails_alone_with_its_reason(
    client: TestClient, store: str, ingest: Any, name: str, content: bytes, code: str, reason: str
) -> None:
    good = attach(client, store, "river.md", RIVER)
    bad = attach(client, store, name, content)
    ingest()
    assert member(client, store, good)["status"] == "completed"
    error = member(client, store, bad)["last_error"]
    assert error["code"] == code and reason in error["message"]
    counts = client.get(f"{STORES}/{store}").json()["file_counts"]
    assert (counts["completed"], counts["failed"], counts["in_progress"]) == (1, 1, 0)
    assert found(client, store) == {good}


def test_a_removed_file_is_found_no_more(client: TestClient, store: str, ingest: Any) -> None:
    river, bridge = attach(client, store, "river.md", RIVER), attach(client, store, "bridge.md", BRIDGE)
    ingest()
    assert found(client, store) == {river, bridge}
    gone = client.delete(f"{STORES}/{store}/files/{river}").json()
    assert gone == {"id": river, "object": "vector_store.file.deleted", "deleted": True}
    assert found(client, store) == {bridge}
    assert client.get(f"/v1/files/{river}").status_code == 200
    assert client.delete(f"{STORES}/{store}/files/{river}").status_code == 404
    client.delete(f"/v1/files/{bridge}")
    assert found(client, store) == set() and member(client, store, bridge)["error"]["code"] == "not_found"


def test_a_file_removed_or_cancelled_while_it_waits_never_appears(
    client: TestClient, store: str, ingest: Any, data: DataDir
) -> None:
    removed = attach(client, store, "river.md", RIVER)
    client.delete(f"{STORES}/{store}/files/{removed}")
    assert client.get(f"{STORES}/{store}/files").json()["data"] == []
    waiting = upload(client, "bridge.md", BRIDGE)
    batch = client.post(f"{STORES}/{store}/file_batches", json={"file_ids": [waiting]}).json()
    cancelled = client.post(f"{STORES}/{store}/file_batches/{batch['id']}/cancel").json()
    assert (cancelled["status"], cancelled["file_counts"]["in_progress"]) == ("cancelled", 0)
    ingest()
    assert found(client, store) == set() and not data.ingestion.has_work()
    assert member(client, store, waiting)["status"] == "cancelled"
    again = client.post(f"{STORES}/{store}/files", json={"file_id": waiting}).json()
    assert again["status"] == "in_progress"
    ingest()
    assert found(client, store) == {waiting}


def test_attributes_change_at_once_and_while_a_file_waits(
    client: TestClient, store: str, ingest: Any
) -> None:
    file_id = attach(client, store, "river.md", RIVER, attributes={"lang": "en"})
    path = f"{STORES}/{store}/files/{file_id}"
    assert client.post(path, json={"attributes": {"lang": "fr"}}).json()["attributes"] == {"lang": "fr"}
    ingest()
    french = {"type": "eq", "key": "lang", "value": "fr"}
    assert found(client, store, filters=french) == {file_id}
    assert client.post(path, json={"attributes": {"lang": "de", "n": 2}}).json()["attributes"]["n"] == 2
    assert found(client, store, filters=french) == set()
    assert found(client, store, filters={"type": "gte", "key": "n", "value": 1.5}) == {file_id}


@pytest.mark.parametrize(
    "text",
    [
        '{"attributes": {"height": NaN}}',
        '{"attributes": {"height": 1e999}}',
        '{"attributes": {"a": "\\ud800"}}',
        '{"attributes": {"\\ud800": 1}}',
        '{"attributes": {"a": [1]}}',
        '{"attributes": {"a": null}}',
        '{"attributes": {"a": 99999999999999999999}}',
    ],
)
def test_attributes_that_cannot_be_kept_are_refused(
    client: TestClient, store: str, ingest: Any, text: str
) -> None:
    file_id = attach(client, store, "river.md", RIVER)
    ingest()
    headers = {"content-type": "application/json"}
    refusal(client.post(f"{STORES}/{store}/files/{file_id}", content=text, headers=headers), 400)


@pytest.mark.parametrize(
    "sizes",
    [
        {"max_chunk_size_tokens": 99, "chunk_overlap_tokens": 0},
        {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 101},
    ],
)
def test_impossible_sizes_are_refused(client: TestClient, store: str, sizes: dict[str, int]) -> None:
    body = {"file_id": upload(client, "a.txt", "a"), "chunking_strategy": {"type": "static", "static": sizes}}
    assert "choose one from" in refusal(client.post(f"{STORES}/{store}/files", json=body), 400)["message"]


def test_the_same_file_again_is_no_work_but_other_wishes_are(
    client: TestClient, store: str, ingest: Any
) -> None:
    file_id = attach(client, store, "river.md", RIVER)
    ingest()
    body = {"file_id": file_id}
    assert client.post(f"{STORES}/{store}/files", json=body).json()["status"] == "completed"
    body["attributes"] = {"lang": "en"}  # type: ignore[assignment]
    assert client.post(f"{STORES}/{store}/files", json=body).json()["status"] == "in_progress"
    assert found(client, store) == {file_id}
    ingest()
    assert found(client, store, filters={"type": "eq", "key": "lang", "value": "en"}) == {file_id}
    assert client.get(f"{STORES}/{store}").json()["file_counts"]["total"] == 1


def test_a_file_may_take_the_place_of_those_of_its_name(client: TestClient, store: str, ingest: Any) -> None:
    old = attach(client, store, "notes.md", RIVER)
    other = attach(client, store, "bridge.md", BRIDGE)
    ingest()
    new = attach(client, store, "notes.md", "The river dried up.", replace="name")
    assert found(client, store) == {old, other}
    ingest()
    assert found(client, store) == {new, other}
    listed = client.get(f"{STORES}/{store}/files").json()["data"]
    assert {one["id"] for one in listed} == {new, other}


def test_stores_are_listed_changed_and_deleted(client: TestClient, ingest: Any, data: DataDir) -> None:
    ids = [client.post(STORES, json={"name": f"s{i}"}).json()["id"] for i in range(3)]
    listed = client.get(STORES, params={"limit": 2}).json()
    assert ([one["id"] for one in listed["data"]], listed["has_more"]) == (ids[:0:-1], True)
    body = {
        "name": "new",
        "metadata": {"team": "a"},
        "expires_after": {"anchor": "last_active_at", "days": 2},
    }
    changed = client.post(f"{STORES}/{ids[0]}", json=body).json()
    assert changed["name"] == "new" and changed["metadata"] == {"team": "a"}
    assert changed["expires_at"] == changed["last_active_at"] + 2 * 86_400
    assert client.post(f"{STORES}/{ids[0]}", json={"expires_after": None}).json()["expires_at"] is None
    attach(client, ids[0], "river.md", RIVER)
    ingest()
    assert data.library(ids[0]).is_dir()
    assert client.delete(f"{STORES}/{ids[0]}").json()["object"] == "vector_store.deleted"
    refusal(client.get(f"{STORES}/{ids[0]}"), 404)
    refusal(client.post(f"{STORES}/{ids[0]}/search", json={"query": "x"}), 404)
    ingest()
    assert not data.library(ids[0]).exists() and not data.ingestion.has_work()


def test_an_expired_store_is_emptied_and_says_so(client: TestClient, ingest: Any, data: DataDir) -> None:
    made = client.post(STORES, json={"expires_after": {"anchor": "last_active_at", "days": 1}}).json()
    attach(client, made["id"], "river.md", RIVER)
    ingest()
    long_ago = made["created_at"] - 90_000
    data.vector_stores.update(made["id"], {"last_active_at": long_ago})
    assert client.get(f"{STORES}/{made['id']}").json()["status"] == "expired"
    assert (
        "expired"
        in refusal(client.post(f"{STORES}/{made['id']}/search", json={"query": "x"}), 400)["message"]
    )
    ingest()
    assert not data.library(made["id"]).exists()
    assert client.get(f"{STORES}/{made['id']}").json()["file_counts"]["total"] == 0


def test_an_idempotency_key_makes_one_store(client: TestClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    made = [client.post(STORES, json={"name": "a"}, headers=headers).json()["id"] for _ in range(2)]
    assert made[0] == made[1] != client.post(STORES, json={"name": "a"}).json()["id"]
    assert (
        refusal(client.post(STORES, json={"name": "b"}, headers=headers), 409)["code"]
        == "idempotency_key_reused"
    )


def test_a_batch_tells_how_its_files_fare(client: TestClient, store: str, ingest: Any) -> None:
    good, bad = upload(client, "river.md", RIVER), upload(client, "none.txt", " ")
    files = [{"file_id": good, "attributes": {"a": 1}}, {"file_id": bad}]
    batch = client.post(f"{STORES}/{store}/file_batches", json={"files": files}).json()
    path = f"{STORES}/{store}/file_batches/{batch['id']}"
    assert (batch["status"], batch["file_counts"]["in_progress"]) == ("in_progress", 2)
    ingest()
    done = client.get(path).json()
    assert (done["id"], done["status"], done["file_counts"]["failed"]) == (batch["id"], "completed", 1)
    failed = client.get(f"{path}/files", params={"filter": "failed"}).json()["data"]
    assert [one["id"] for one in failed] == [bad]
    refusal(client.post(f"{STORES}/{store}/file_batches", json={}), 400)
    refusal(client.post(f"{STORES}/{store}/file_batches", json={"file_ids": ["file-none"]}), 404)


def test_without_its_engine_a_change_is_refused_and_not_half_made(
    client: TestClient, store: str, ingest: Any, settings: Settings, data: DataDir
) -> None:
    file_id = attach(client, store, "river.md", RIVER)
    ingest()
    nobody = EngineClient(settings.data_dir / "nobody.sock", 1)
    alone = TestClient(create_app(Resources(settings, data, nobody)), base_url="http://localhost")
    refusal(alone.delete(f"{STORES}/{store}/files/{file_id}"), 503)
    assert found(client, store) == {file_id} and member(client, store, file_id)["status"] == "completed"


def test_a_file_whose_reader_keeps_dying_fails_and_stops_nobody(
    client: TestClient, store: str, ingest: Any, data: DataDir
) -> None:
    deadly = attach(client, store, "deadly.md", "# Deadly river")
    for _ in range(5):
        data.ingestion.take(10)
    good = attach(client, store, "river.md", RIVER)
    ingest()
    assert found(client, store) == {good}
    assert "died" in member(client, store, deadly)["last_error"]["message"]


def test_a_damaged_store_stops_no_other(client: TestClient, store: str, ingest: Any, data: DataDir) -> None:
    broken = str(client.post(STORES, json={}).json()["id"])
    data.library(broken).mkdir(parents=True)
    (data.library(broken) / "store.sqlite3").write_bytes(b"no database" * 1000)
    bad, leaving = attach(client, broken, "river.md", RIVER), attach(client, broken, "mill.md", "The mill")
    client.delete(f"{STORES}/{broken}/files/{leaving}")
    good = attach(client, store, "bridge.md", BRIDGE)
    ingest()
    assert found(client, store) == {good} and not data.ingestion.has_work()
    assert "damaged" in member(client, broken, bad)["last_error"]["message"]


def test_a_file_that_takes_too_long_fails(
    client: TestClient, store: str, data: DataDir, extractor: Extractor
) -> None:
    slow = attach(client, store, "river.md", RIVER)
    Ingestion(data, HashingEmbedder(), extractor, -1, lambda: False).step()
    assert member(client, store, slow)["last_error"]["code"] == "server_error"


def test_names_and_ids_are_never_paths(client: TestClient, store: str, settings: Settings) -> None:
    for bad in ("../../etc", "..%2f..%2fetc", "vs_none"):
        assert client.get(f"{STORES}/{bad}").status_code == 404
        assert client.post(f"{STORES}/{bad}/search", json={"query": "x"}).status_code in (404, 405)
        assert client.get(f"{STORES}/{store}/files/{bad}/content").status_code == 404
    assert {path.name for path in Path(settings.data_dir).iterdir()} <= {
        "files", "trivium.sqlite", "trivium.sqlite-wal", "trivium.sqlite-shm"
    }  # fmt: skip
