"""Handing in a use case, and every way to get it wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.storage.data_dir import DataDir


def post(client: TestClient, body: Any, **headers: str):
    return client.post("/v1/recommendations", json=body, headers=headers)


def nothing_was_created(client: TestClient, data: DataDir) -> bool:
    folder = data.root / "recommendations"
    empty = not folder.exists() or not list(folder.iterdir())
    return empty and client.get("/v1/recommendations").json()["data"] == []


def test_a_use_case_is_accepted_with_an_estimate_and_a_place_to_look(
    client: TestClient, use_case: dict
) -> None:
    answer = post(client, use_case)
    made = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/recommendations/{made['id']}"
    assert (made["object"], made["status"], made["samples"]) == ("recommendation", "queued", 24)
    assert made["estimate"]["trials"] > 0 and "zero-shot" in made["estimate"]["methods"]
    assert client.get(answer.headers["location"]).json() == made


def test_samples_and_corpus_may_come_from_files(client: TestClient, use_case: dict) -> None:
    def upload(name: str, rows: list[dict]) -> str:
        content = "\n".join(json.dumps(row) for row in rows).encode()
        form = {"files": {"file": (name, content)}, "data": {"purpose": "user_data"}}
        return client.post("/v1/files", **form).json()["id"]

    samples = upload("samples.jsonl", use_case.pop("samples"))
    corpus = upload("corpus.jsonl", [{"id": "d1", "title": "Desks", "text": "Billing pays."}])
    made = post(client, use_case | {"samples_file": samples, "corpus_file": corpus}).json()
    assert (made["samples"], made["documents"]) == (24, 1)


def test_the_same_use_case_again_is_the_same_recommendation(client: TestClient, use_case: dict) -> None:
    first = post(client, use_case).json()["id"]
    assert post(client, use_case).json()["id"] == first
    assert post(client, use_case | {"seed": 7}).json()["id"] != first
    assert len(client.get("/v1/recommendations").json()["data"]) == 2


def test_an_idempotency_key_binds_a_body(client: TestClient, use_case: dict, data: DataDir) -> None:
    first = post(client, use_case, **{"idempotency-key": "k1"}).json()["id"]
    assert post(client, use_case, **{"idempotency-key": "k1"}).json()["id"] == first
    reused = post(client, use_case | {"seed": 9}, **{"idempotency-key": "k1"})
    assert (reused.status_code, reused.json()["error"]["code"]) == (409, "idempotency_key_reused")
    assert reused.headers["x-should-retry"] == "false"
    assert len(list((data.root / "recommendations").iterdir())) == 1


def test_several_models_are_compared_in_one(client: TestClient, use_case: dict) -> None:
    made = post(client, use_case | {"models": ["pocket", "team/echo"]}).json()
    assert (made["model"], made["models"]) == ("pocket", ["pocket", "team/echo"])
    assert {"few-shot @ team/echo", "feature-head"} <= set(made["estimate"]["methods"])
    unknown = post(client, use_case | {"models": ["pocket", "gpt-9"]})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")


def test_a_cancelled_one_may_be_posted_again(client: TestClient, use_case: dict) -> None:
    first = post(client, use_case).json()["id"]
    assert client.post(f"/v1/recommendations/{first}/cancel").json()["status"] == "cancelled"
    assert client.post(f"/v1/recommendations/{first}/cancel").json()["status"] == "cancelled"
    assert post(client, use_case).json()["id"] != first


def test_lists_are_paged_both_ways(client: TestClient, use_case: dict) -> None:
    ids = [post(client, use_case | {"seed": seed}).json()["id"] for seed in range(4)]
    page = client.get("/v1/recommendations", params={"limit": 3}).json()
    assert [r["id"] for r in page["data"]] == ids[:0:-1] and page["has_more"]
    rest = client.get("/v1/recommendations", params={"after": page["last_id"]}).json()
    assert [r["id"] for r in rest["data"]] == [ids[0]] and not rest["has_more"]


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 101}, {"order": "up"}, {"after": "rec_x"}, {"page": 2}]
)
def test_a_wrong_page_names_the_parameter(client: TestClient, query: dict) -> None:
    answer = client.get("/v1/recommendations", params=query)
    assert answer.status_code == 400 and answer.json()["error"]["param"] == next(iter(query))


@pytest.mark.parametrize("path", ["report.html", "report.md", "report.json", "replay.zip"])
def test_there_is_no_report_before_the_end(client: TestClient, use_case: dict, path: str) -> None:
    made = post(client, use_case).json()["id"]
    assert client.get(f"/v1/recommendations/{made}/{path}").status_code == 409
    client.post(f"/v1/recommendations/{made}/cancel")
    assert client.get(f"/v1/recommendations/{made}/{path}").status_code == 404


def without_samples(use_case: dict, **changes: Any) -> dict:
    return {name: value for name, value in use_case.items() if name != "samples"} | changes


LONG = [{"input": "word " * 5000, "output": "x"}]
EMPTY = [{"input": "a", "output": " "}]
WRONG: dict[str, tuple[Callable[[dict], Any], str, str]] = {
    "no samples": (lambda u: u | {"samples": []}, "samples", "0 samples"),
    "no samples field": (without_samples, "samples", "required"),
    "one sample": (lambda u: u | {"samples": u["samples"][:1]}, "samples", "1 sample;"),
    "empty output": (
        lambda u: u | {"samples": u["samples"] + EMPTY},
        "samples[24].output",
        "must not be empty",
    ),
    "long samples": (lambda u: u | {"samples": LONG + u["samples"]}, "samples[0].input", "5000 words"),
    "no documents": (lambda u: u | {"corpus": []}, "corpus", "0 documents"),
    "unknown field": (lambda u: u | {"sample": 1}, "sample", "not a field"),
    "unknown preset": (lambda u: u | {"preset": "slow"}, "preset", "quick"),
    "samples twice": (lambda u: u | {"samples_file": "file-1"}, "samples_file", "one of the two"),
    "no such file": (lambda u: without_samples(u, samples_file="../x"), "samples_file", "no file"),
    "no file id": (lambda u: without_samples(u, samples_file=7), "samples_file", "file id"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_use_case_names_the_field_and_leaves_nothing(
    client: TestClient, data: DataDir, use_case: dict, name: str
) -> None:
    change, param, message = WRONG[name]
    answer = post(client, change(use_case))
    error = answer.json()["error"]
    assert answer.status_code in (400, 404), error
    assert error["param"] == param and message in error["message"]
    assert answer.headers["x-should-retry"] == "false"
    assert nothing_was_created(client, data)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\x00\xff\xfe",
        b"[]",
        b"null",
        b'"text"',
        b"[" * 100_000,
        b'{"samples": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_not_a_json_object_is_refused(client: TestClient, data: DataDir, body: bytes) -> None:
    answer = client.post("/v1/recommendations", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400 and "JSON" in answer.json()["error"]["message"]
    assert nothing_was_created(client, data)


def test_another_content_type_is_refused(client: TestClient, data: DataDir, use_case: dict) -> None:
    answer = client.post(
        "/v1/recommendations", content=json.dumps(use_case), headers={"content-type": "text/plain"}
    )
    assert answer.status_code == 400 and "application/json" in answer.json()["error"]["message"]
    assert nothing_was_created(client, data)


@pytest.mark.parametrize("model", ["gpt-9", "/etc/passwd", "../pocket", "openai:", "file:///etc"])
def test_an_unknown_model_is_refused(client: TestClient, data: DataDir, use_case: dict, model: str) -> None:
    answer = post(client, use_case | {"model": model})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")
    assert nothing_was_created(client, data)


def test_binary_files_are_no_samples(client: TestClient, data: DataDir, use_case: dict) -> None:
    for content, word in ((bytes(range(256)), "UTF-8"), (b"not json\n", "line 1"), (b"[1]\n", "line 1")):
        files = {"file": ("samples.jsonl", content)}
        file = client.post("/v1/files", files=files, data={"purpose": "user_data"}).json()["id"]
        answer = post(client, without_samples(use_case, samples_file=file))
        assert answer.status_code == 400 and answer.json()["error"]["param"] == "samples_file"
        assert word in answer.json()["error"]["message"]
    assert nothing_was_created(client, data)


@pytest.mark.parametrize("path", ["", "/cancel", "/events", "/report.html", "/report.json", "/deploy"])
def test_an_unknown_recommendation_is_not_found(client: TestClient, path: str) -> None:
    call = client.post if path in ("/cancel", "/deploy") else client.get
    answer = call(f"/v1/recommendations/rec_none{path}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_data_that_may_not_leave_meets_no_remote_model(
    client: TestClient, data: DataDir, use_case: dict
) -> None:
    samples = [{"input": s["input"], "output": f"free text {i}"} for i, s in enumerate(use_case["samples"])]
    private = {"model": "openai:remote", "constraints": {"data_may_leave": False}, "samples": samples}
    answer = post(client, use_case | private)
    assert answer.status_code == 400 and answer.json()["error"]["param"] == "model"
    assert "may not leave" in answer.json()["error"]["message"]
    assert nothing_was_created(client, data)


def test_a_finished_one_is_extended_with_samples_or_a_budget(client: TestClient, use_case: dict) -> None:
    first = post(client, use_case | {"budget": {"seconds": 5}}).json()["id"]
    body = {"samples": [{"input": "Who pays for a second desk?", "output": "Billing"}], "budget": {}}
    waiting = client.post(f"/v1/recommendations/{first}/extend", json=body)
    assert (waiting.status_code, "cancel it" in waiting.json()["error"]["message"]) == (409, True)
    client.post(f"/v1/recommendations/{first}/cancel")
    answer = client.post(f"/v1/recommendations/{first}/extend", json=body)
    made = answer.json()
    assert (answer.status_code, made["extends"], made["samples"]) == (202, first, 25)
    assert client.get(answer.headers["location"]).json() == made
    nothing = client.post(f"/v1/recommendations/{first}/extend", json={})
    assert (nothing.status_code, nothing.json()["error"]["param"]) == (400, "samples")
