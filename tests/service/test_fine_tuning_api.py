"""Fine-tuning jobs before a worker takes them: bodies, shapes, pages, and what may be deleted."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from fastapi.testclient import TestClient

from generation.adapter_folder import adapter_path
from service.jobs.turns import Turn, must_wait, turn_of
from service.schemas.fine_tuning_body import Dials
from service.storage.data_dir import DataDir

ROWS = "\n".join(json.dumps({"prompt": f"How much is {i} + 1?", "completion": str(i + 1)}) for i in range(20))


def upload(client: TestClient, text: str = ROWS, purpose: str = "fine-tune") -> str:
    sent = client.post("/v1/files", files={"file": ("rows.jsonl", text)}, data={"purpose": purpose})
    return str(sent.json()["id"])


def post(client: TestClient, **body: Any) -> Any:
    return client.post("/v1/fine_tuning/jobs", json={"model": "pocket", **body})


@pytest.fixture
def file_id(client: TestClient) -> str:
    return upload(client)


def test_a_job_begins_by_validating_its_files(client: TestClient, file_id: str) -> None:
    method = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2}}}
    made = post(client, training_file=file_id, suffix="Sums, small", seed=5, method=method).json()
    assert made["id"].startswith("ftjob-") and made["object"] == "fine_tuning.job"
    assert (made["status"], made["model"], made["seed"]) == ("validating_files", "pocket", 5)
    assert made["hyperparameters"]["n_epochs"] == 2 and made["hyperparameters"]["batch_size"] == "auto"
    assert made["method"]["supervised"]["hyperparameters"] == made["hyperparameters"]
    nothing = ("error", "fine_tuned_model", "finished_at", "trained_tokens", "estimated_finish", "metadata")
    assert all(made[name] is None for name in nothing) and made["result_files"] == []
    assert client.get(f"/v1/fine_tuning/jobs/{made['id']}").json() == made
    assert client.get("/v1/fine_tuning/jobs/ftjob-none").json()["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"training_file": "file-none"}, "training_file"),
        ({"validation_file": "file-none"}, "validation_file"),
        ({"model": "openai:gpt"}, "data_may_leave"),
        ({"model": "openai:gpt", "data_may_leave": True}, None),
        ({"model": "openai:gpt", "data_may_leave": True, "recipe": {"rank": 4}}, "recipe.rank"),
        ({"suffix": "x" * 65}, "suffix"),
        ({"suffix": "///"}, "suffix"),
        ({"seed": -1}, "seed"),
        ({"metadata": {"k": "v" * 513}}, "metadata.k"),
        ({"metadata": {f"k{i}": "v" for i in range(17)}}, "metadata"),
        ({"integrations": [{"type": "wandb", "wandb": {"project": "x"}}]}, "integrations"),
        ({"method": {"type": "dpo"}}, "method.type"),
        ({"hyperparameters": {"n_epochs": 0}}, "hyperparameters.n_epochs"),
        ({"recipe": {"kind": "last_layers"}}, "recipe.layers"),
        ({"recipe": {"kind": "magic"}}, "recipe.kind"),
        ({"recipe": {"colour": "red"}}, "recipe.colour"),
        ({"parent_mode": "stack"}, "parent_mode"),
        ({"recipe": {"kind": "head"}}, "recipe.kind"),
        ({"mixture": {"file-none": 1, "file-nobody": 1}}, "mixture"),
        ({"replay": {"file": "file-none"}}, "replay"),
        ({"gate": {"file": "file-none"}}, "gate.file"),
        ({"gate": {"file": "file-none", "bound": 2}}, "gate.bound"),
        ({"accept_findings": ["magic"]}, "accept_findings"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_body_names_the_field(client: TestClient, file_id: str, change: Any, param: str) -> None:
    answer = post(client, **{"training_file": file_id, **change})
    assert answer.status_code in (400, 404), answer.text
    assert answer.json()["error"]["param"] == param, answer.text
    assert client.get("/v1/fine_tuning/jobs").json()["data"] == []


def test_an_encoder_has_dials_of_its_own(client: TestClient, file_id: str) -> None:
    head = {"kind": "head"}
    wrong: dict[str, Any] = {
        "recipe.kind": {"recipe": {"kind": "full"}},
        "recipe.long_rows": {"recipe": {"long_rows": "drop"}},
        "parent_mode": {"parent_mode": "continue"},
        "gate": {"gate": {"file": "file-none"}},
        "recipe.rank": {"recipe": {**head, "rank": 8}},
        "hyperparameters.n_epochs": {"recipe": head, "hyperparameters": {"n_epochs": 3}},
        "validation_file": {"recipe": head, "validation_file": "file-none"},
    }
    body = {"model": "all-MiniLM-L6-v2", "training_file": file_id}
    for param, change in wrong.items():
        answer = post(client, **body, **change)
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, param), answer.text
    labelled = "\n".join(json.dumps({"text": f"row {i}", "label": "ab"[i % 2]}) for i in range(12))
    asked = body | {"training_file": upload(client, labelled, "fine-tune"), "recipe": head}
    estimate = client.post("/v1/fine_tuning/estimate", json=asked).json()
    assert (estimate["rows"], estimate["steps"]) == (12, 0) and estimate["seconds"] > 0, estimate
    assert post(client, **body, recipe=head).json()["status"] == "validating_files"


def test_a_damaged_encoder_is_no_parent_and_can_be_deleted(
    client: TestClient, data: DataDir, file_id: str
) -> None:
    name = "ft:all-MiniLM-L6-v2:trivium:tags:1"
    folder = adapter_path(data.adapters, name)
    folder.mkdir(parents=True)
    (folder / "encoder.json").write_text("{}")
    answer = post(client, training_file=file_id, model=name)
    assert answer.status_code == 400 and "train it again" in answer.json()["error"]["message"]
    assert client.delete(f"/v1/models/{name}").json()["deleted"] is True and not folder.exists()


def test_files_must_be_for_training_and_differ(client: TestClient, file_id: str) -> None:
    other = upload(client, purpose="user_data")
    assert "'fine-tune'" in post(client, training_file=other).json()["error"]["message"]
    same = upload(client, ROWS, "fine-tune")
    answer = post(client, training_file=file_id, validation_file=same).json()["error"]
    assert answer["param"] == "validation_file" and "measure nothing" in answer["message"]


def test_an_unknown_model_is_told_what_there_is(client: TestClient, file_id: str) -> None:
    answer = post(client, training_file=file_id, model="nobody")
    assert answer.status_code == 404 and "pocket" in answer.json()["error"]["message"]


def test_the_same_job_posted_again_is_the_first_one(client: TestClient, file_id: str) -> None:
    first = post(client, training_file=file_id).json()
    assert post(client, training_file=file_id).json()["id"] == first["id"]
    assert post(client, training_file=file_id, seed=1).json()["id"] != first["id"]


def test_a_job_keeps_a_deleted_file_until_it_is_over(client: TestClient, data: DataDir, file_id: str) -> None:
    other = upload(client, ROWS[: ROWS.rindex("\n")])
    made = post(client, training_file=file_id, mixture={file_id: 2, other: 1}).json()
    client.delete(f"/v1/files/{file_id}")
    folder = data.folder("fine_tuning", made["id"])
    assert (folder / "training").read_text() == ROWS and (folder / f"mixture-{other}").exists()
    client.post(f"/v1/fine_tuning/jobs/{made['id']}/cancel")
    assert not list(folder.iterdir()), "nothing of them is left once the job is over"


def test_jobs_are_listed_by_page_and_metadata(client: TestClient, file_id: str) -> None:
    marks = [{"team": "a"}, {"team": "b"}, None, {"team": "a", "x": ""}]
    made = [post(client, training_file=file_id, metadata=m, seed=i).json() for i, m in enumerate(marks)]
    ids = [job["id"] for job in made][::-1]

    def listed(**query: Any) -> list[str]:
        return [job["id"] for job in client.get("/v1/fine_tuning/jobs", params=query).json()["data"]]

    assert listed() == ids and listed(limit=2) == ids[:2] and listed(after=ids[1]) == ids[2:]
    assert listed(**{"metadata[team]": "a"}) == [ids[0], ids[3]]
    assert listed(**{"metadata[x]": ""}) == [ids[0]]
    assert listed(metadata="null") == [ids[1]]
    assert client.get("/v1/fine_tuning/jobs?colour=red").json()["error"]["param"] == "colour"


def test_a_waiting_job_can_be_cancelled_paused_and_resumed(client: TestClient, file_id: str) -> None:
    path = f"/v1/fine_tuning/jobs/{post(client, training_file=file_id).json()['id']}"
    assert client.post(f"{path}/pause").json()["paused"] is True
    assert client.post(f"{path}/resume").json()["paused"] is False
    assert client.post(f"{path}/cancel").json()["status"] == "cancelled"
    assert client.post(f"{path}/cancel").json()["status"] == "cancelled"
    refused = client.post(f"{path}/pause")
    assert refused.status_code == 409 and refused.headers["x-should-retry"] == "false"
    told = client.get(f"{path}/events").json()
    assert told["data"][0]["message"] == "The job has been cancelled"
    assert told["has_more"] is False and all(e["object"] == "fine_tuning.job.event" for e in told["data"])
    first = client.get(f"{path}/events", params={"limit": 1}).json()
    rest = client.get(f"{path}/events", params={"after": first["last_id"]}).json()
    assert first["has_more"] and [*first["data"], *rest["data"]] == told["data"]
    assert client.get(f"{path}/events", params={"after": "ftevent-1"}).status_code == 400
    streamed = client.get(f"{path}/events", headers={"accept": "text/event-stream"}).text
    assert streamed.count("event: ") == len(told["data"]) and "has been cancelled" in streamed
    assert client.get(f"{path}/checkpoints").json()["data"] == []


def finished_adapter(data: DataDir, name: str, **manifest: Any) -> Path:
    """A folder that lists as an adapter; nothing loads it."""
    folder = adapter_path(data.adapters, name)
    folder.mkdir(parents=True)
    told = {"base_name": "pocket", "base_hash": "x", "prompt_hash": "y", "created": 7} | manifest
    (folder / "manifest.json").write_text(json.dumps(told))
    return folder


def test_a_fine_tuned_model_can_be_deleted_unless_it_is_needed(
    client: TestClient, data: DataDir, file_id: str
) -> None:
    name = "ft:pocket:trivium:sums:1"
    folder = finished_adapter(data, name)
    job = post(client, training_file=file_id, model=name).json()
    refused = client.delete(f"/v1/models/{name}")
    assert refused.status_code == 409 and job["id"] in refused.json()["error"]["message"]
    assert client.delete("/v1/models/pocket").status_code == 400 and folder.exists()
    client.post(f"/v1/fine_tuning/jobs/{job['id']}/cancel")
    finished_adapter(data, "ft:child", base_name=folder.name)
    assert "ft:child" in client.delete(f"/v1/models/{name}").json()["error"]["message"]
    assert client.delete("/v1/models/ft:child").json()["deleted"] is True
    assert client.delete(f"/v1/models/{name}").json() == {"id": name, "object": "model", "deleted": True}
    assert not folder.exists() and client.delete(f"/v1/models/{name}").status_code == 404


def test_a_cancelled_parent_is_told_with_what_became_of_it(
    client: TestClient, data: DataDir, file_id: str
) -> None:
    first = post(client, training_file=file_id).json()
    client.post(f"/v1/fine_tuning/jobs/{first['id']}/cancel")
    job = data.jobs.get(first["id"])
    assert job is not None
    answer = post(client, training_file=file_id, model=job.model_name, seed=1)
    message = answer.json()["error"]["message"]
    assert answer.status_code == 404 and "cancelled" in message and first["id"] in message


def test_an_adapter_whose_base_is_gone_cannot_be_trained_on(
    client: TestClient, data: DataDir, file_id: str
) -> None:
    finished_adapter(data, "ft:lost", base_name="vanished")
    answer = post(client, training_file=file_id, model="ft:lost")
    assert answer.status_code == 400 and "'vanished'" in answer.json()["error"]["message"]
    (finished_adapter(data, "ft:emptied") / "manifest.json").rename(
        adapter_path(data.adapters, "ft:emptied") / "training.json"
    )
    answer = post(client, training_file=file_id, model="ft:emptied")
    assert answer.status_code == 400 and "holds no model any more" in answer.json()["error"]["message"]


def test_adapters_are_trained_as_adapters(client: TestClient, data: DataDir, file_id: str) -> None:
    finished_adapter(data, "ft:one")
    whole = post(client, training_file=file_id, model="ft:one", recipe={"kind": "full"})
    assert whole.json()["error"]["param"] == "recipe.kind"
    dials = {"method": "lora", "rank": 8}
    finished_adapter(data, "ft:shaped", recipe=dials)
    assert post(client, training_file=file_id, model="ft:shaped", recipe={"rank": 8}).status_code == 200
    reshaped = post(client, training_file=file_id, model="ft:shaped", recipe={"rank": 4}).json()["error"]
    assert reshaped["param"] == "recipe.rank" and "stack" in reshaped["message"]
    stack = {"parent_mode": "stack", "recipe": {"kind": "dora"}}
    stacked = post(client, training_file=file_id, model="ft:shaped", **stack)
    assert stacked.json()["error"]["param"] == "recipe.kind"
    twins = [post(client, training_file=file_id, model="ft:one", seed=seed).json() for seed in (1, 2)]
    assert twins[0]["id"] != twins[1]["id"]


def test_a_resumed_job_gets_another_turn_for_its_old_one_may_have_passed(
    client: TestClient, data: DataDir, file_id: str
) -> None:
    job_id = post(client, training_file=file_id).json()["id"]
    path = f"/v1/fine_tuning/jobs/{job_id}"

    def now() -> tuple[Turn, bool]:
        job = data.jobs.get(job_id)
        assert job is not None
        return turn_of(data.jobs, job), must_wait(data.jobs, job)

    client.post(f"{path}/pause")
    assert now() == (Turn(f"{job_id}.files", "validations"), False), "files are checked all the same"
    data.jobs.move(job_id, "queued")
    first, waits = now()
    assert waits
    client.post(f"{path}/resume")
    second, waits = now()
    assert not waits and second != first
    data.jobs.move(job_id, "running")
    client.post(f"{path}/pause")
    client.post(f"{path}/resume")
    assert now() == (second, False), "a pause that was taken back in time changes nothing"


def test_the_document_names_every_dial() -> None:
    told = (Path(__file__).parents[2] / "docs" / "fine-tuning.md").read_text("utf-8")
    named = set(re.findall(r"`recipe\.(\w+)`", told))
    assert named == set(Dials.model_fields)
    assert all(f"`{name}" in told for name in ("mixture", "replay", "gate", "parent_mode"))
    for kind in get_args(Dials.model_fields["kind"].annotation):
        assert f"`{kind}`" in told
