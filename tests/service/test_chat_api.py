"""Chat completions and models, on scripted models."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

HELLO = [{"role": "user", "content": "hello there"}]


def chat(client: TestClient, **body: Any):
    return client.post("/v1/chat/completions", json={"model": "pocket", "messages": HELLO} | body)


def chunks(text: str) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    assert lines.pop() == "[DONE]"
    return [json.loads(line) for line in lines]


def test_an_answer_has_openais_shape(client: TestClient) -> None:
    answer = chat(client).json()
    assert answer["object"] == "chat.completion" and isinstance(answer["created"], int)
    (choice,) = answer["choices"]
    assert choice["message"]["content"] == "You said hello there" and choice["finish_reason"] == "stop"
    assert answer["usage"] == {"prompt_tokens": 2, "completion_tokens": 4, "total_tokens": 6}


def test_a_stream_spells_the_same_answer(client: TestClient) -> None:
    parts = chunks(chat(client, stream=True, stream_options={"include_usage": True}).text)
    assert (
        "".join(c["delta"].get("content", "") for p in parts for c in p["choices"]) == "You said hello there"
    )
    assert parts[-1]["choices"] == [] and parts[-1]["usage"]["total_tokens"] == 6
    assert parts[-2]["choices"][0]["finish_reason"] == "stop"
    assert {p["id"] for p in parts} == {parts[0]["id"]}


def test_limits_stops_and_choices_reach_the_model(client: TestClient) -> None:
    assert chat(client, max_tokens=2).json()["choices"][0]["finish_reason"] == "length"
    assert chat(client, max_completion_tokens=2).json()["choices"][0]["message"]["content"] == "You said"
    assert chat(client, stop="hello").json()["choices"][0]["message"]["content"].strip() == "You said"
    assert [c["index"] for c in chat(client, n=3).json()["choices"]] == [0, 1, 2]
    streamed = chunks(chat(client, n=2, stream=True).text)
    assert {c["index"] for p in streamed for c in p["choices"]} == {0, 1}


def test_contents_may_come_in_parts(client: TestClient) -> None:
    parts = [{"type": "text", "text": "hello "}, {"type": "text", "text": "you"}]
    answer = chat(client, messages=[{"role": "user", "content": parts}]).json()
    assert answer["choices"][0]["message"]["content"] == "You said hello you"


def test_fields_that_ask_for_nothing_are_fine(client: TestClient) -> None:
    neutral = {
        "user": "u",
        "frequency_penalty": 0,
        "tools": [],
        "response_format": {"type": "text"},
        "logprobs": None,
    }
    assert chat(client, **neutral).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"tools": [{"type": "function"}]},
        {"response_format": {"type": "json_object"}},
        {"logprobs": True},
        {"frequency_penalty": 1},
        {"colour": "red"},
        {"messages": []},
        {"messages": [{"role": "tool", "content": "x"}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
        {"temperature": 3},
        {"temperature": "hot"},
        {"n": 0},
        {"max_tokens": 0},
        {"stop": ["a", "b", "c", "d", "e"]},
        {"stop": ""},
        {"seed": 1.5},
        {"stream_options": {"x": 1}},
    ],
)
def test_what_is_not_supported_is_named(client: TestClient, body: dict) -> None:
    answer = chat(client, **body)
    error = answer.json()["error"]
    assert answer.status_code == 400 and error["type"] == "invalid_request_error"
    assert next(iter(body)) in error["message"]


@pytest.mark.parametrize("stream", [False, True])
def test_an_unknown_model_is_not_found(client: TestClient, stream: bool) -> None:
    answer = chat(client, model="gpt-9", stream=stream)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


@pytest.mark.parametrize("stream", [False, True])
def test_a_prompt_that_does_not_fit_is_told(client: TestClient, stream: bool) -> None:
    answer = chat(client, messages=[{"role": "user", "content": "word " * 5000}], stream=stream)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "context_length_exceeded")


def test_models_are_listed_and_found(client: TestClient) -> None:
    listed = client.get("/v1/models").json()
    assert listed["object"] == "list" and [m["id"] for m in listed["data"]][:2] == ["pocket", "team/echo"]
    assert client.get("/v1/models/team%2Fecho").json() == listed["data"][1]
    missing = client.get("/v1/models/..%2f..%2fetc%2fpasswd")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "model_not_found")
