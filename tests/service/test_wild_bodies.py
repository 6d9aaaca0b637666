"""Whatever is sent, the answer is a clear refusal and never a server error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
KEYS = st.text(max_size=8)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
)
SAMPLE = st.fixed_dictionaries({}, optional={"input": JSON, "output": JSON})
MESSAGE = st.fixed_dictionaries({}, optional={"role": st.sampled_from(["user", "system"]), "content": JSON})
FIELDS = [
    "description",
    "corpus",
    "constraints",
    "labels",
    "metric",
    "preset",
    "seed",
    "model",
    "samples_file",
]
USE_CASE = dict.fromkeys(FIELDS, JSON) | {"samples": st.lists(SAMPLE | JSON, max_size=22) | JSON}
CHAT = dict.fromkeys(["stop", "temperature", "n", "seed", "max_tokens", "stream", "tools"], JSON) | {
    "model": st.just("pocket") | JSON,
    "messages": st.lists(MESSAGE, max_size=3) | JSON,
}
BODIES = {
    "/v1/recommendations": st.fixed_dictionaries({}, optional=USE_CASE) | JSON,
    "/v1/chat/completions": st.fixed_dictionaries({}, optional=CHAT) | JSON,
}
patient = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def check(client: TestClient, path: str, body: bytes) -> None:
    answer = client.post(path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        error = answer.json()["error"]
        assert set(error) == {"message", "type", "param", "code"} and len(error["message"]) > 10


@pytest.mark.slow
@pytest.mark.parametrize("path", BODIES)
@patient
@given(data=st.data())
def test_wild_json_is_refused_clearly(client: TestClient, path: str, data: Any) -> None:
    check(client, path, json.dumps(data.draw(BODIES[path])).encode())


@pytest.mark.slow
@pytest.mark.parametrize("path", BODIES)
@patient
@given(body=st.binary(max_size=200))
def test_wild_bytes_are_refused_clearly(client: TestClient, path: str, body: bytes) -> None:
    check(client, path, body)


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize(
    "body",
    [
        rb'{"\ud800": 1}',
        rb'{"model": "\ud800", "messages": [{"role": "user", "content": "x"}]}',
        rb'{"model": "pocket", "messages": [{"role": "user", "content": "\ud800"}]}',
        b'{"model": "pocket", "temperature": NaN, "messages": [{"role": "user", "content": "x"}]}',
        b'{"model": "pocket", "seed": 1e999, "messages": [{"role": "user", "content": "x"}]}',
        b'{"model": "pocket\\u0000", "messages": [{"role": "user", "content": "\\u0000"}]}',
    ],
)
def test_nasty_json_is_refused_clearly(client: TestClient, path: str, body: bytes) -> None:
    check(client, path, body)


def test_half_a_character_in_a_sample_is_refused(client: TestClient, use_case: dict) -> None:
    use_case["samples"][3]["input"] = "\ud800"
    body = json.dumps(use_case).encode()
    check(client, "/v1/recommendations", body)
    assert client.get("/v1/recommendations").json()["data"] == []
