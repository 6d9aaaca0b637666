"""Vector stores over HTTP, with ingestion run on demand: shapes, lists, changes, searches and errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pptx import Presentation
from pypdf import PdfWriter

from retrieval.extraction import Extractor
from retrieval.hashing_embedder import HashingEmbedder
from service.engine.scripted import ScriptedEngine
from service.errors import Unavailable
from service.jobs.ingestion import Ingestion
from service.settings import Settings
from service.storage.data_dir import DataDir

RIVER = "# The river\n\nThe river Alda rises in the hills of Morn and flows past the old mill to the sea."
BRIDGE = "# The bridge\n\nThe stone bridge at Kell was built by masons and carries the northern road."
STORES = "/v1/vector_stores"


def locked_pdf() -> bytes:
    out = BytesIO()
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(out)
    return out.getvalue()


def slides(*titles: str) -> bytes:
    deck, out = Presentation(), BytesIO()
    for title in titles:
        deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = title
    deck.save(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    with Extractor() as extractor:
        yield extractor


@pytest.fixture
def ingest(data: DataDir, extractor: Extractor) -> Callable[[], None]:
    """Do what an ingestion job would do now."""

    def drain() -> None:
        ingestion = Ingestion(data, HashingEmbedder(), extractor, 60, lambda: False)
        while ingestion.step():
            pass
        ingestion.close()

    return drain


@pytest.fixture
def store(client: TestClient) -> str:
    return str(client.post(STORES, json={"name": "Valley"}).json()["id"])


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


def test_a_file_is_ingested_and_found_where_it_stands(client: TestClient, store: str, ingest: Any) -> None:
    file_id = attach(client, store, "river.md", RIVER, attributes={"year": 1890, "checked": True})
    waiting = member(client, store, file_id)
    assert (waiting["status"], waiting["last_error"]) == ("in_progress", None)
    assert client.get(f"{STORES}/{store}").json()["status"] == "in_progress"
    assert search(client, store, "river") == []
    ingest()
    assert member(client, store, file_id)["status"] == "completed"
    text = client.get(f"{STORES}/{store}/files/{file_id}/content").json()["data"][0]["text"]
    (hit,) = search(client, store, "where does the river Alda rise")
    place = hit["place"]
    assert hit["content"][0]["text"] == text[place["start"] : place["end"]]
    assert place["quote"] == text[place["quote_start"] : place["quote_end"]]
    assert (hit["filename"], hit["attributes"]) == ("river.md", {"year": 1890, "checked": True})
    now = client.get(f"{STORES}/{store}").json()
    assert now["file_counts"] == {"in_progress": 0, "completed": 1, "failed": 0, "cancelled": 0, "total": 1}
    assert (now["status"], now["usage_bytes"] > len(text)) == ("completed", True)


def test_a_passage_names_its_page(client: TestClient, store: str, ingest: Any) -> None:
    long = "Ferries are late. " * 90
    attach(client, store, "deck.pptx", slides(long, long, "The harbour master is Ada Quill."))
    ingest()
    (best, *_) = search(client, store, "who is the harbour master", ranking_options={"ranker": "lexical"})
    assert "Ada Quill" in best["place"]["quote"] and best["place"]["page"] in (2, 3)


def test_a_span_comes_once_with_its_best_window(client: TestClient, store: str, ingest: Any) -> None:
    long = "\n\n".join(f"Chapter {i}. The river passes mile {i} of its way." * 12 for i in range(20))
    sizes = {"type": "static", "static": {"max_chunk_size_tokens": 400, "chunk_overlap_tokens": 100}}
    file_id = attach(client, store, "long.txt", long, chunking_strategy=sizes)
    ingest()
    assert member(client, store, file_id)["chunking_strategy"] == sizes
    hits = search(client, store, "river mile 7", max_num_results=50)
    spans = [(hit["place"]["start"], hit["place"]["end"]) for hit in hits]
    assert len(set(spans)) == len(spans) > 5
    assert len(search(client, store, "river mile 7", max_num_results=3)) == 3


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


def test_filters_rankers_and_thresholds(client: TestClient, store: str, ingest: Any) -> None:
    river = attach(client, store, "river.md", RIVER, attributes={"year": 1890, "kind": "water"})
    bridge = attach(client, store, "bridge.md", BRIDGE, attributes={"year": 1920})
    ingest()
    old = {"type": "lt", "key": "year", "value": 1900}
    stone = {"type": "ne", "key": "kind", "value": "water"}
    assert found(client, store, filters=old) == {river}
    assert found(client, store, filters=stone) == {bridge}
    assert found(client, store, filters={"type": "and", "filters": [old, stone]}) == set()
    assert found(client, store, filters={"type": "or", "filters": [old, stone]}) == {river, bridge}
    for ranker in ("auto", "none", "default-2024-11-15", "hybrid", "rrf", "dense", "lexical"):
        best, *_ = search(client, store, "stone bridge at Kell", ranking_options={"ranker": ranker})
        assert best["file_id"] == bridge, ranker
    strict = {"ranker": "dense", "score_threshold": 0.3}
    assert found(client, store, "stone bridge at Kell masons", ranking_options=strict) == {bridge}
    assert found(client, store, ["river Alda hills Morn", "stone bridge Kell"]) == {river, bridge}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "query"),
        ({"query": ""}, "query"),
        ({"query": "x", "max_num_results": 51}, "max_num_results"),
        ({"query": "x", "filters": {"type": "like", "key": "a", "value": 1}}, "filters"),
        ({"query": "x", "ranking_options": {"ranker": "magic"}}, "ranking_options.ranker"),
        ({"query": "x", "colour": "red"}, "colour"),
    ],
)
def test_a_wrong_search_names_the_field(client: TestClient, store: str, body: dict, param: str) -> None:
    error = refusal(client.post(f"{STORES}/{store}/search", json=body), 400)
    assert str(error["param"]).startswith(param)


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
    "text",
    [
        '{"query": "\\ud800"}',
        '{"query": "x", "filters": {"type": "eq", "key": "\\ud800", "value": 1}}',
        '{"query": "x", "filters": {"type": "eq", "key": "a", "value": NaN}}',
        '{"query": "x", "ranking_options": {"score_threshold": NaN}}',
        '{"query": "x", "filters": ' + '{"type":"and","filters":[' * 99 + "]}" * 99 + "}",
    ],
)
def test_odd_searches_are_refused(client: TestClient, store: str, ingest: Any, text: str) -> None:
    attach(client, store, "river.md", RIVER)
    ingest()
    headers = {"content-type": "application/json"}
    refusal(client.post(f"{STORES}/{store}/search", content=text, headers=headers), 400)


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
    client: TestClient, store: str, ingest: Any, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = attach(client, store, "river.md", RIVER)
    ingest()

    async def down(*_: object) -> None:
        raise Unavailable("down")

    with monkeypatch.context() as patched:
        patched.setattr(engine, "drop", down)
        refusal(client.delete(f"{STORES}/{store}/files/{file_id}"), 503)
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


def test_embeddings_in_both_forms(client: TestClient) -> None:
    body = {"model": "hashing-256", "input": ["a river", "a bridge"]}
    plain = client.post("/v1/embeddings", json=body).json()
    assert [one["index"] for one in plain["data"]] == [0, 1]
    assert len(plain["data"][0]["embedding"]) == 256
    assert plain["usage"] == {"prompt_tokens": 4, "total_tokens": 4}
    packed = client.post("/v1/embeddings", json=body | {"encoding_format": "base64", "dimensions": 8}).json()
    assert len(packed["data"][0]["embedding"]) == 44


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"model": "gpt-none", "input": "x"}, 404),
        ({"model": "hashing-256", "input": ""}, 400),
        ({"model": "hashing-256", "input": []}, 400),
        ({"model": "hashing-256", "input": [1, 2]}, 400),
        ({"model": "hashing-256", "input": "x", "dimensions": 300}, 400),
    ],
)
def test_wrong_embeddings_are_refused(client: TestClient, body: dict[str, Any], status: int) -> None:
    assert refusal(client.post("/v1/embeddings", json=body), status)["message"]


def test_names_and_ids_are_never_paths(client: TestClient, store: str, settings: Settings) -> None:
    for bad in ("../../etc", "..%2f..%2fetc", "vs_none"):
        assert client.get(f"{STORES}/{bad}").status_code == 404
        assert client.post(f"{STORES}/{bad}/search", json={"query": "x"}).status_code in (404, 405)
        assert client.get(f"{STORES}/{store}/files/{bad}/content").status_code == 404
    assert {path.name for path in Path(settings.data_dir).iterdir()} <= {
        "files", "trivium.sqlite", "trivium.sqlite-wal", "trivium.sqlite-shm"
    }  # fmt: skip
