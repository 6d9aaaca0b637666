"""/v1/responses without and with files: objects, events in order, storage, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openai.types.responses import Response

from retrieval.hashing_embedder import HashingEmbedder
from retrieval.store.records import NewChunk, NewFile
from retrieval.store.store import Store
from service.storage.data_dir import DataDir
from service.storage.job import NewJob

URL = "/v1/responses"
TEXT = "The Ravel Tower was opened in 1931. It is 212 metres high."
OPENED = "When was the Ravel Tower opened?"


@pytest.fixture
def tool(client: TestClient, data: DataDir) -> dict[str, Any]:
    made = str(client.post("/v1/vector_stores", json={}).json()["id"])
    with Store.create(data.library(made), HashingEmbedder()) as store:
        store.put([NewFile("file-1", "tower.pdf", TEXT, [NewChunk(0, len(TEXT), page=3)])])
    return {"type": "file_search", "vector_store_ids": [made], "confidence_threshold": 0.0}


def ask(client: TestClient, text: Any = OPENED, **wish: Any) -> dict[str, Any]:
    answer = client.post(URL, json={"model": "pocket", "input": text, **wish})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def events(client: TestClient, **wish: Any) -> list[dict[str, Any]]:
    answer = client.post(URL, json={"model": "pocket", "input": OPENED, "stream": True, **wish})
    assert answer.headers["content-type"].startswith("text/event-stream"), answer.text
    return [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]


def text_of(response: dict[str, Any]) -> str:
    return str(response["output"][-1]["content"][0]["text"])


def test_any_model_answers_without_tools(client: TestClient) -> None:
    response = ask(client, "hello there", metadata={"a": "b"}, max_output_tokens=30)
    assert text_of(response) == "You said hello there"
    assert response["status"] == "completed" and response["usage"]["total_tokens"] == 2 + 4
    assert response["metadata"] == {"a": "b"} and response["created_at"] <= response["completed_at"]
    Response.model_validate(response)


def test_a_response_that_is_cut_off_is_incomplete(client: TestClient) -> None:
    response = ask(client, "hello there", max_output_tokens=2)
    assert (response["status"], text_of(response)) == ("incomplete", "You said")
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}
    assert events(client, max_output_tokens=2)[-1]["type"] == "response.incomplete"


def test_files_are_searched_and_cited(client: TestClient, tool: dict[str, Any]) -> None:
    response = ask(client, tools=[tool])
    search, message = response["output"]
    assert (search["type"], search["queries"], search["results"]) == ("file_search_call", [OPENED], None)
    (part,) = message["content"]
    (cited,) = part["annotations"]
    assert (cited["type"], cited["file_id"], cited["filename"]) == ("file_citation", "file-1", "tower.pdf")
    assert part["text"][cited["start_index"] : cited["end_index"]] == "The Ravel Tower was opened in 1931."
    assert TEXT[cited["source"]["start"] : cited["source"]["end"]] == cited["source"]["quote"]
    assert cited["source"]["page"] == 3 and response["answer"]["reader"] == "extractive"
    Response.model_validate(response)


def test_results_come_where_they_are_asked_for_also_later(client: TestClient, tool: dict[str, Any]) -> None:
    include = ["file_search_call.results"]
    response = ask(client, tools=[tool], include=include)
    (result,) = response["output"][0]["results"]
    assert (result["file_id"], result["text"]) == ("file-1", TEXT) and 0 <= result["score"] <= 1
    later = client.get(f"{URL}/{response['id']}").json()
    assert later["output"][0]["results"] is None and later["output"][1] == response["output"][1]
    assert client.get(f"{URL}/{response['id']}", params={"include[]": include}).json() == response


def test_weak_evidence_is_said_in_words(client: TestClient, tool: dict[str, Any]) -> None:
    response = ask(client, "Who painted the moon?", tools=[tool | {"confidence_threshold": 0.99}])
    assert text_of(response).startswith("Insufficient evidence")
    assert response["answer"]["status"] == "insufficient_evidence" and response["status"] == "completed"
    assert response["output"][-1]["content"][0]["annotations"] == []


def test_tool_choice_none_leaves_files_alone(client: TestClient, tool: dict[str, Any]) -> None:
    response = ask(client, "hello", tools=[tool], tool_choice="none")
    assert [item["type"] for item in response["output"]] == ["message"]


def test_events_come_in_openais_order(client: TestClient, tool: dict[str, Any]) -> None:
    told = events(client, tools=[tool])
    kinds = [event["type"].removeprefix("response.") for event in told]
    assert kinds == [
        *("created", "in_progress", "output_item.added"),
        *("file_search_call.in_progress", "file_search_call.searching", "file_search_call.completed"),
        *("output_item.done", "output_item.added", "content_part.added", "output_text.delta"),
        *("output_text.annotation.added", "output_text.done", "content_part.done", "output_item.done"),
        "completed",
    ]
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    assert told[0]["response"]["output"] == [] and told[0]["response"]["status"] == "in_progress"
    assert told[-1]["response"]["output"] == [
        event["item"] for event in told if event["type"].endswith("item.done")
    ]


def test_a_plain_stream_spells_the_answer(client: TestClient) -> None:
    told = events(client)
    deltas = [event["delta"] for event in told if event["type"].endswith("text.delta")]
    assert len(deltas) > 1 and "".join(deltas) == text_of(told[-1]["response"]) == f"You said {OPENED}"


def test_what_fails_on_the_way_is_an_error_or_the_last_event(
    client: TestClient, tool: dict[str, Any]
) -> None:
    wish = {"tools": [tool | {"reader": "generative"}], "instructions": "word " * 5000}
    refused = client.post(URL, json={"model": "pocket", "input": OPENED, **wish})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "context_length_exceeded")
    last = events(client, **wish)[-1]
    assert (last["type"], last["response"]["status"]) == ("response.failed", "failed")
    assert "leaves no room" in last["response"]["error"]["message"]


def test_a_response_continues_another(client: TestClient, tool: dict[str, Any]) -> None:
    first = ask(client, "one", instructions="Count.")
    second = ask(client, "two", previous_response_id=first["id"])
    third = ask(client, "three four", previous_response_id=second["id"])
    assert third["usage"]["input_tokens"] == len(
        ["one", "You", "said", "one", "two", "You", "said", "two", "three", "four"]
    )
    assert third["previous_response_id"] == second["id"]
    grounded = ask(client, OPENED, previous_response_id=second["id"], tools=[tool | {"reader": "generative"}])
    assert grounded["output"][0]["queries"] == [OPENED]
    items = client.get(f"{URL}/{second['id']}/input_items").json()
    assert [(item["role"], item["content"][0]["text"]) for item in items["data"]] == [("user", "two")]
    assert client.delete(f"{URL}/{first['id']}").json()["deleted"] is True
    gone = client.post(URL, json={"model": "pocket", "input": "x", "previous_response_id": second["id"]})
    assert gone.status_code == 404 and gone.json()["error"]["param"] == "previous_response_id"


def test_output_can_be_sent_back_as_input(client: TestClient, tool: dict[str, Any]) -> None:
    first = ask(client, tools=[tool], include=["file_search_call.results"])
    turns = [{"role": "user", "content": OPENED}, *first["output"], {"role": "user", "content": "thanks"}]
    assert text_of(ask(client, turns)) == "You said thanks"
    part = [{"type": "input_text", "text": "in "}, {"type": "input_text", "text": "parts"}]
    assert text_of(ask(client, [{"role": "user", "content": part}])) == "You said in parts"


def test_what_is_not_to_be_stored_is_gone(client: TestClient) -> None:
    response = ask(client, store=False)
    assert client.get(f"{URL}/{response['id']}").status_code == 404
    assert client.delete(f"{URL}/{response['id']}").status_code == 404


def test_a_deployment_answers_as_measured(
    client: TestClient, data: DataDir, deployments: dict[str, dict[str, str]], tool: dict[str, Any]
) -> None:
    new = NewJob("dep_1", "deployment", {}, "hash", model_name="desk")
    data.jobs.create(new, 0)
    data.jobs.move("dep_1", "running")
    data.jobs.move("dep_1", "succeeded", result={})
    deployments["dep_1"] = {"parcel": "shipping"}
    assert text_of(ask(client, "parcel", model="desk")) == "shipping"
    refused = client.post(URL, json={"model": "desk", "input": "parcel", "tools": [tool]})
    assert refused.status_code == 400 and "deployment" in refused.json()["error"]["message"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("wish", "status", "param"),
    [
        ({"conversation": "conv_1"}, 400, "conversation"),
        ({"background": True}, 400, "background"),
        ({"tools": [{"type": "web_search"}]}, 400, "tools[0]"),
        ({"tools": [{"type": "function", "name": "f", "parameters": {}}]}, 400, "tools[0]"),
        ({"text": {"format": {"type": "json_object"}}}, 400, "text"),
        ({"model": "nobody"}, 404, None),
        ({"input": ""}, 400, "input"),
        ({"input": []}, 400, "input"),
        ({"input": [{"type": "file_search_call", "id": "fs_1"}]}, 400, "input"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]},
            400,
            "input[0].content[0].type",
        ),
        ({"previous_response_id": "resp_none"}, 404, "previous_response_id"),
        ({"tools": [{"type": "file_search", "vector_store_ids": ["vs_none"]}]}, 404, "vector_store_id"),
        ({"colour": "red"}, 400, "colour"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(
    client: TestClient, wish: dict[str, Any], status: int, param: str | None, stream: bool
) -> None:
    refused = client.post(URL, json={"model": "pocket", "input": "x", "stream": stream, **wish})
    assert refused.status_code == status, refused.text
    if param:
        assert refused.json()["error"]["param"] == param
