"""Passages found in vector stores, and embeddings, with ingestion run on demand."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pptx import Presentation

from tests.service.vector_stores.calls import (
    BRIDGE,
    RIVER,
    STORES,
    attach,
    found,
    member,
    refusal,
    search,
)


def slides(*titles: str) -> bytes:
    deck, out = Presentation(), BytesIO()
    for title in titles:
        deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = title
    deck.save(out)
    return out.getvalue()


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


def test_a_server_without_a_reranker_says_so(client: TestClient, store: str) -> None:
    body = {"query": "stone bridge", "ranking_options": {"ranker": "cross-encoder"}}
    error = refusal(client.post(f"{STORES}/{store}/search", json=body), 400)
    assert error["code"] == "no_reranker" and "TRIVIUM_RERANKER_FOLDER" in error["message"]


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
