"""What is told of mistakes: the field as OpenAI names it, and what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

CHAT, EMBED, RESPOND = "/v1/chat/completions", "/v1/embeddings", "/v1/responses"
STORES, TRAIN, ADVISE = "/v1/vector_stores", "/v1/fine_tuning/jobs", "/v1/recommendations"
USER = {"role": "user", "content": "hi"}
NO_JSON = "application/json"


def said(content: Any, role: str = "user") -> dict:
    return {"model": "pocket", "messages": [USER, {"role": role, "content": content}]}


def asked(wish: Any) -> dict:
    return {"model": "pocket", "input": wish}


def cut(strategy: Any) -> dict:
    return {"chunking_strategy": strategy}


MISTAKES: list[tuple[str, Any, str | None, str]] = [
    (CHAT, said(None), "messages[1].content", "must be text or a list, not null"),
    (CHAT, said([{"type": "image_url", "image_url": {"url": "x"}}]), "messages[1].content[0].type", "'text'"),
    (CHAT, said([{"type": "text"}]), "messages[1].content[0].text", "is missing"),
    (CHAT, said("x", "tool"), "messages[1].role", "not 'tool'"),
    (CHAT, {"model": "pocket", "messages": "hi"}, "messages", "must be a list, not 'hi'"),
    (CHAT, {"model": "pocket", "messages": []}, "messages", "must not be empty"),
    (CHAT, {"messages": [USER]}, "model", "is missing"),
    (CHAT, said("x") | {"max_tokens": "many"}, "max_tokens", "must be a whole number, not 'many'"),
    (CHAT, said("x") | {"max_tokens": 10**400}, "max_tokens", "must be at most 1000000, not 10000"),
    (CHAT, said("x") | {"temperature": float("nan")}, "temperature", "must be at most 2"),
    (CHAT, said("x") | {"stop": ["a", 1]}, "stop[1]", "must be text, not 1"),
    (CHAT, [], None, "not a JSON object"),
    (CHAT, "null", None, "empty"),
    (CHAT, "", None, "empty"),
    (CHAT, '{"model": "pocket", messages', None, "at character 20"),
    (CHAT, b'{"model": "\xff"}', None, "UTF-8"),
    (CHAT, "[" * 100_000, None, "nesting"),
    (EMBED, asked(""), "input", "must not be empty"),
    (EMBED, asked(["a", 5]), "input[1]", "must be text, not 5"),
    (EMBED, asked([1, 2, "a"]), "input[2]", "must be a whole number"),
    (EMBED, asked([[]]), "input[0]", "must not be empty"),
    (EMBED, asked(["x"] * 2049), "input", "at most 2048"),
    (EMBED, asked({"a": 1}), "input", "must be text or a list, not an object"),
    (RESPOND, asked([{"role": "user"}]), "input[0].content", "is missing"),
    (RESPOND, asked([USER | {"content": 5}]), "input[0].content", "must be text or a list, not 5"),
    (RESPOND, asked([USER | {"content": [{"type": "image"}]}]), "input[0].content[0].type", "not 'image'"),
    (RESPOND, asked("x") | {"tools": [{"type": "web_search"}]}, "tools[0]", "only file_search"),
    (RESPOND, asked("x") | {"tools": 5}, "tools", "must be a list, not 5"),
    (RESPOND, asked("x") | {"tools": [{"type": "file_search"}]}, "tools[0].vector_store_ids", "is missing"),
    (RESPOND, asked("x") | {"tool_choice": {"type": "x"}}, "tool_choice.type", "'file_search'"),
    (STORES, {"metadata": {"k": 5}}, "metadata.k", "must be text, not 5"),
    (STORES, cut({"type": "static"}), "chunking_strategy.static", "is missing"),
    (STORES, cut({"type": "magic"}), "chunking_strategy", "'auto', 'static'"),
    (STORES, {"file_ids": "file-1"}, "file_ids", "must be a list"),
    (TRAIN, {"model": "m", "training_file": "f", "mixture": {"f": "x", "g": 1}}, "mixture.f", "a number"),
    (ADVISE, {"description": 5}, "description", "must be text, not 5"),
    (ADVISE, {"description": "d", "samples": [{"output": 5}] * 20}, "samples[0].input", "is missing"),
    (ADVISE, {"description": "d", "samples": "x"}, "samples", "must be a list"),
    (ADVISE, {"description": "d", "samples": {"input": "x"}}, "samples", "must be a list"),
]


def refused(client: TestClient, path: str, body: Any, content_type: str = NO_JSON) -> dict[str, Any]:
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    answer = client.post(path, content=content, headers={"content-type": content_type})
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert "Input should" not in error["message"], "these are pydantic's words"
    return error


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake[0]} {str(mistake[1])[:60]}")
def test_a_mistake_is_named_as_openai_names_it(client: TestClient, mistake: Any) -> None:
    path, body, param, told = mistake
    error = refused(client, path, body)
    assert error["param"] == param and told in error["message"], error


def test_a_wrong_content_type_is_told(client: TestClient) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded"):
        assert "Content-Type: application/json" in refused(client, CHAT, said("x"), content_type)["message"]
    assert "multipart/form-data" in refused(client, "/v1/files", {"purpose": "user_data"})["message"]


def test_a_file_without_a_name_is_told(client: TestClient) -> None:
    for path, form in (("/v1/files", {"purpose": "user_data"}), ("/v1/datasets/check", {})):
        answer = client.post(path, files={"file": ("", b"x")}, data=form)
        assert answer.status_code == 400 and "needs a file name" in answer.json()["error"]["message"]


def test_a_batch_of_nothing_is_told(client: TestClient) -> None:
    store = client.post(STORES, json={}).json()["id"]
    told = refused(client, f"{STORES}/{store}/file_batches", {})["message"]
    assert told.startswith("Send either file_ids or files")


@pytest.mark.parametrize(
    ("query", "param", "told"),
    [
        ("limit=many", "limit", "must be a whole number, not 'many'"),
        ("limit=0", "limit", "must be at least 1, not '0'"),
        ("order=up", "order", "must be 'asc' or 'desc', not 'up'"),
        ("colour=red", "colour", "leave it out"),
    ],
)
def test_a_wrong_query_is_told(client: TestClient, query: str, param: str, told: str) -> None:
    error = client.get(f"{STORES}?{query}").json()["error"]
    assert error["param"] == param and told in error["message"], error
