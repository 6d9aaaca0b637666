"""Turning a measured method into a model name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.storage.data_dir import DataDir


@pytest.fixture
def measured(client: TestClient, data: DataDir, use_case: dict) -> str:
    """A recommendation that has succeeded, with the part of its report that deploying reads."""
    job_id = client.post("/v1/recommendations", json=use_case).json()["id"]
    report = {"rows": [{"method": "zero-shot"}, {"method": "few-shot"}], "recommended": "few-shot"}
    (data.folder("recommendation", job_id) / "report.json").write_text(json.dumps(report))
    data.jobs.move(job_id, "running")
    data.jobs.move(job_id, "succeeded", result={"recommended": "few-shot"})
    return job_id


def deploy(client: TestClient, job_id: str, body: Any = None) -> Any:
    return client.post(f"/v1/recommendations/{job_id}/deploy", json=body)


def test_the_recommended_method_is_the_default(client: TestClient, measured: str) -> None:
    answer = client.post(f"/v1/recommendations/{measured}/deploy")
    made = answer.json()
    assert (answer.status_code, made["status"], made["method"]) == (202, "queued", "few-shot")
    assert made["model"].startswith("desk-few-shot-")
    assert client.get(answer.headers["location"]).json() == made
    assert client.get("/v1/deployments").json()["data"] == [made]


def test_method_and_name_may_be_chosen(client: TestClient, measured: str) -> None:
    made = deploy(client, measured, {"method": "zero-shot", "name": "desk-1"}).json()
    assert (made["method"], made["model"]) == ("zero-shot", "desk-1")


def test_a_method_with_one_of_several_models_may_be_chosen(
    client: TestClient, data: DataDir, measured: str
) -> None:
    report = {"rows": [{"method": "few-shot @ team/echo"}], "recommended": "few-shot @ team/echo"}
    (data.folder("recommendation", measured) / "report.json").write_text(json.dumps(report))
    made = deploy(client, measured).json()
    assert made["model"].startswith("desk-few-shot-team-echo-")
    job = data.jobs.get(made["id"], "deployment")
    assert job is not None and job.spec["parent_model"] == "team/echo"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"method": "magic"}, "method"),
        ({"name": "pocket"}, "name"),
        ({"name": "../x"}, "name"),
        ({"name": "A b"}, "name"),
        ({"name": ""}, "name"),
        ({"color": "red"}, "color"),
    ],
)
def test_a_wrong_wish_names_the_field(client: TestClient, measured: str, body: dict, param: str) -> None:
    answer = deploy(client, measured, body)
    assert answer.status_code == 400 and answer.json()["error"]["param"] == param
    assert client.get("/v1/deployments").json()["data"] == []


def test_a_name_is_given_once_while_its_deployment_lives(
    client: TestClient, data: DataDir, measured: str
) -> None:
    first = deploy(client, measured, {"name": "desk"}).json()
    again = deploy(client, measured, {"name": "desk", "method": "zero-shot"})
    assert again.status_code == 400 and "taken" in again.json()["error"]["message"]
    data.jobs.move(first["id"], "cancelled")
    assert deploy(client, measured, {"name": "desk", "method": "zero-shot"}).status_code == 202


def test_what_is_not_measured_yet_cannot_be_deployed(client: TestClient, use_case: dict) -> None:
    job_id = client.post("/v1/recommendations", json=use_case).json()["id"]
    assert deploy(client, job_id).status_code == 409


def test_a_deployment_answers_under_its_name(
    client: TestClient, data: DataDir, measured: str, deployments: dict[str, dict[str, str]]
) -> None:
    made = deploy(client, measured, {"name": "desk"}).json()
    asked = {"model": "desk", "messages": [{"role": "user", "content": "where is it"}]}
    early = client.post("/v1/chat/completions", json=asked)
    assert (early.status_code, early.json()["error"]["code"]) == (409, "not_ready")
    data.jobs.move(made["id"], "running")
    data.jobs.move(made["id"], "succeeded")
    deployments[made["id"]] = {"where is it": "shipping"}
    answer = client.post("/v1/chat/completions", json=asked).json()
    assert answer["choices"][0]["message"]["content"] == "shipping"
    assert answer["usage"] == {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
    streamed = client.post("/v1/chat/completions", json=asked | {"stream": True}).text
    assert '"content": "shipping"' in streamed and streamed.endswith("data: [DONE]\n\n")
    listed = {m["id"]: m for m in client.get("/v1/models").json()["data"]}
    assert listed["desk"]["parent"] == "pocket"
    assert client.get("/v1/models/desk").json() == listed["desk"]


def test_a_deleted_deployment_is_gone_with_its_files(
    client: TestClient, data: DataDir, measured: str
) -> None:
    made = deploy(client, measured, {"name": "desk"}).json()
    early = client.delete("/v1/models/desk")
    assert (early.status_code, early.json()["error"]["code"]) == (409, "not_ready")
    data.jobs.move(made["id"], "running")
    data.jobs.move(made["id"], "succeeded")
    data.pipeline(made["id"]).mkdir(parents=True)
    assert client.delete("/v1/models/desk").json() == {"id": "desk", "object": "model", "deleted": True}
    assert not data.folder("deployment", made["id"]).exists()
    assert client.get(f"/v1/deployments/{made['id']}").status_code == 404
    assert client.get("/v1/models/desk").status_code == 404
    assert client.delete("/v1/models/desk").status_code == 404
    assert client.get(f"/v1/recommendations/{measured}").status_code == 200
    assert deploy(client, measured, {"name": "desk"}).status_code == 202


def test_models_of_the_server_stay(client: TestClient) -> None:
    answer = client.delete("/v1/models/pocket")
    assert answer.status_code == 400 and "can be deleted" in answer.json()["error"]["message"]
    assert client.get("/v1/models/pocket").status_code == 200


def test_a_waiting_deployment_can_be_cancelled(client: TestClient, measured: str) -> None:
    made = deploy(client, measured, {"name": "desk"}).json()
    assert client.post(f"/v1/deployments/{made['id']}/cancel").json()["status"] == "cancelled"
    assert client.post("/v1/deployments/dep_none/cancel").status_code == 404
    assert deploy(client, measured, {"name": "desk"}).json()["id"] != made["id"]


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"messages": [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}]}, "messages"),
        ({"messages": [{"role": "assistant", "content": "a"}]}, "messages"),
        ({"temperature": 0.7}, "temperature"),
        ({"top_p": 0.5}, "top_p"),
        ({"max_tokens": 5}, "max_tokens"),
        ({"stop": "x"}, "stop"),
        ({"n": 2}, "n"),
    ],
)
def test_a_deployment_is_asked_as_it_was_measured(
    client: TestClient, data: DataDir, measured: str, change: dict, param: str
) -> None:
    made = deploy(client, measured, {"name": "desk"}).json()
    data.jobs.move(made["id"], "running")
    data.jobs.move(made["id"], "succeeded")
    asked = {"model": "desk", "messages": [{"role": "user", "content": "x"}]} | change
    answer = client.post("/v1/chat/completions", json=asked)
    assert answer.status_code == 400 and answer.json()["error"]["param"] == param
    assert "as it was measured" in answer.json()["error"]["message"]
