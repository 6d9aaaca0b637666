"""Answers from vector stores over HTTP: shapes, streams, abstentions and errors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from retrieval.hashing_embedder import HashingEmbedder
from retrieval.store.records import NewChunk, NewFile
from retrieval.store.store import Store
from service.storage.data_dir import DataDir

TEXT = "The Ravel Tower was opened in 1931. It is 212 metres high."
OPENED = "When was the Ravel Tower opened?"


@pytest.fixture
def vector_store(client: TestClient, data: DataDir) -> str:
    made = str(client.post("/v1/vector_stores", json={"name": "Towers"}).json()["id"])
    with Store.create(data.library(made), HashingEmbedder()) as store:
        chunk = NewChunk(0, len(TEXT), "Towers", page=3)
        store.put([NewFile("file-1", "tower.pdf", TEXT, [chunk], attributes={"year": 1931})])
    return made


def ask(client: TestClient, vector_store: str, question: str = OPENED, **wish: Any) -> Any:
    body = {"question": question, "confidence_threshold": 0.0, **wish}
    return client.post(f"/v1/vector_stores/{vector_store}/answers", json=body)


def events(answer: Any) -> list[dict[str, Any]]:
    blocks = [block.split("\n") for block in answer.text.strip().split("\n\n")]
    found = [json.loads(data.removeprefix("data: ")) for _, data in blocks]
    assert [name.removeprefix("event: ") for name, _ in blocks] == [event["type"] for event in found]
    return found


def test_an_answer_tells_where_it_stands(client: TestClient, vector_store: str) -> None:
    answer = ask(client, vector_store).json()
    assert (answer["object"], answer["status"], answer["reader"]) == (
        "vector_store.answer",
        "answered",
        "extractive",
    )
    assert answer["text"] == "The Ravel Tower was opened in 1931." and answer["reason"] is None
    (cited,) = answer["citations"]
    assert TEXT[cited["start"] : cited["end"]] == cited["quote"] == answer["text"]
    assert (cited["file_id"], cited["filename"], cited["page"]) == ("file-1", "tower.pdf", 3)
    assert cited["supports"] == {"start": 0, "end": len(answer["text"])}
    assert set(answer["seconds"]) == {"search", "read"} and answer["confidence"] >= answer["threshold"]


def test_weak_evidence_is_an_outcome_not_an_error(client: TestClient, vector_store: str) -> None:
    answer = ask(client, vector_store, "Who painted the moon?", confidence_threshold=0.99).json()
    assert (answer["status"], answer["text"], answer["citations"]) == ("insufficient_evidence", None, [])
    assert answer["reason"] == "weak_evidence" and answer["threshold"] == 0.99
    empty = client.post("/v1/vector_stores", json={}).json()["id"]
    assert ask(client, empty).json()["reason"] == "nothing_found"


def test_a_model_writes_only_what_the_files_support(client: TestClient, vector_store: str) -> None:
    answer = ask(client, vector_store, reader="generative", model="pocket", confidence_threshold=0).json()
    assert answer["model"] == "pocket" and answer["usage"]["output_tokens"] > 0
    assert answer["text"].startswith("You said") and answer["citations"]


def test_a_stream_tells_what_was_found_then_the_text_then_the_whole(
    client: TestClient, vector_store: str
) -> None:
    wish = {"reader": "generative", "model": "pocket", "confidence_threshold": 0.0}
    first, *deltas, last = events(ask(client, vector_store, stream=True, **wish))
    assert first["type"] == "answer.searched" and first["sources"][0]["text"] == TEXT
    assert {event["type"] for event in deltas} == {"answer.delta"}
    assert "".join(event["delta"] for event in deltas) == last["answer"]["text"]
    whole = ask(client, vector_store, **wish).json()
    assert whole["text"] == last["answer"]["text"] and whole["citations"] == last["answer"]["citations"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({"question": ""}, 400, "invalid_value"),
        ({"question": "  \n"}, 400, "invalid_value"),
        ({"reader": "clever"}, 400, "invalid_value"),
        ({"reader": "generative"}, 400, "no_reader"),
        ({"reader": "generative", "model": "nobody"}, 404, "model_not_found"),
        ({"filters": {"type": "like", "key": "a", "value": 1}}, 400, "invalid_value"),
        ({"confidence_threshold": 2}, 400, "invalid_value"),
        ({"colour": "red"}, 400, "invalid_value"),
    ],
)
def test_a_wrong_wish_is_refused_with_its_status(
    client: TestClient, vector_store: str, wish: dict[str, Any], status: int, code: str, stream: bool
) -> None:
    refused = ask(client, vector_store, **{"stream": stream, **wish})
    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code), refused.text


def test_a_store_that_is_not_there_is_not_found(client: TestClient) -> None:
    assert ask(client, "vs_none").status_code == 404
