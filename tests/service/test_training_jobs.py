"""What the process of a fine-tuning job does, here without a process: its files, its training, its end."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from safetensors.torch import load_file, save_file

from generation.adapter_folder import adapter_path
from service.jobs.process import run_job
from service.jobs.stop_signal import LOOK_SECONDS, StopSignal
from service.settings import Settings
from service.storage.data_dir import DataDir
from service.storage.jobs import JobStore
from tests.full_disk import largest_file
from tests.tiny_models import save_encoder

Lines = Sequence[dict[str, Any]]
PAIRS = [{"prompt": f"How much is {i} + 1?", "completion": str(i + 1)} for i in range(12)]
LABELS = [{"text": f"row {i}", "label": ("odd", "even")[i % 2 == 0]} for i in range(12)]


TAGGED = [
    {"tokens": [who, "lives", "in", where, when], "tags": ["B-PER", "O", "O", "B-LOC", "O"]}
    for who, where, when in product(("anna", "otto"), ("paris", "rome"), ("now", "again", "says"))
]


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_encoder(tmp_path_factory.mktemp("encoders") / "bert")


@pytest.fixture
def settings(tmp_path: Path, tiny_llama: Path, tiny_t5: Path, bert: Path) -> Settings:
    return Settings(
        data_dir=tmp_path / "data", model_folders={"tiny": tiny_llama, "bert": bert, "t5": tiny_t5}
    )


def upload(client: TestClient, lines: Lines | str) -> str:
    text = lines if isinstance(lines, str) else "\n".join(map(json.dumps, lines))
    sent = client.post("/v1/files", files={"file": ("rows.jsonl", text)}, data={"purpose": "fine-tune"})
    return str(sent.json()["id"])


class Wishing(StopSignal):
    """Lets a client act before each look."""

    def __init__(self, jobs: JobStore, job_id: str, act: Callable[[], None]) -> None:
        super().__init__(jobs, job_id, 600)
        self._act = act

    def __call__(self) -> bool:
        self._act()
        return super().__call__()


class Bench:
    """Posts jobs and does the worker's part."""

    def __init__(self, client: TestClient, settings: Settings, data: DataDir) -> None:
        self.client, self.settings, self.data = client, settings, data

    def post(self, lines: Lines | str = PAIRS, **body: Any) -> str:
        asked = {"model": "tiny", "seed": 1, "hyperparameters": {"n_epochs": 2}} | body
        asked["training_file"] = upload(self.client, lines)
        made = self.client.post("/v1/fine_tuning/jobs", json=asked)
        assert made.status_code == 200, made.text
        return str(made.json()["id"])

    def run(self, job_id: str, stop: StopSignal | None = None) -> dict[str, Any]:
        """One turn: a check of its files, or its training."""
        job = self.data.jobs.get(job_id)
        assert job is not None
        if job.status == "queued":
            self.data.jobs.move(job_id, "running")
        run_job(self.settings, self.data, job, stop or StopSignal(self.data.jobs, job_id, 600))
        return self.get(job_id)

    def run_until(self, job_id: str, kind: str, count: int, wish: str) -> dict[str, Any]:
        """A turn in which a client wishes for something once so many events of a kind are told."""

        def ask() -> None:
            told = self.data.jobs.events(job_id)
            if sum(event.kind == kind for event in told) >= count:
                self.client.post(f"/v1/fine_tuning/jobs/{job_id}/{wish}")
                time.sleep(LOOK_SECONDS)

        return self.run(job_id, Wishing(self.data.jobs, job_id, ask))

    def finish(self, job_id: str) -> dict[str, Any]:
        """Both turns."""
        checked = self.run(job_id)
        assert checked["status"] == "queued", checked
        return self.run(job_id)

    def get(self, job_id: str) -> dict[str, Any]:
        return dict(self.client.get(f"/v1/fine_tuning/jobs/{job_id}").json())

    def part(self, job_id: str, part: str) -> list[dict[str, Any]]:
        answer = self.client.get(f"/v1/fine_tuning/jobs/{job_id}/{part}", params={"limit": 100})
        return list(answer.json()["data"])


@pytest.fixture
def bench(client: TestClient, settings: Settings, data: DataDir) -> Bench:
    return Bench(client, settings, data)


def test_a_job_from_its_files_to_its_model(bench: Bench, client: TestClient, data: DataDir) -> None:
    aside = upload(client, [{"prompt": f"How much is {i} + 1?", "completion": str(i + 1)} for i in (20, 21)])
    dials = {"n_epochs": 4, "batch_size": 3, "learning_rate_multiplier": 2}
    sums = bench.post(validation_file=aside, suffix="sums", hyperparameters=dials, recipe={"patience": 9})
    job = bench.finish(sums)
    assert job["status"] == "succeeded", job
    name = job["fine_tuned_model"]
    assert name.startswith("ft:tiny:trivium:sums:") and job["hyperparameters"] == dials
    assert job["trained_tokens"] > 0 and job["finished_at"] and job["estimated_finish"] is None
    table = client.get(f"/v1/files/{job['result_files'][0]}/content").text.splitlines()
    assert table[0] == "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy"
    steps = len(table) - 1
    kept = bench.part(job["id"], "checkpoints")
    assert (
        len(kept) == 3 and kept[0]["step_number"] == steps == 16 and kept[0]["metrics"]["full_valid_loss"] > 0
    )
    assert {k["fine_tuned_model_checkpoint"] for k in kept} == {f"{name}:ckpt-step-{n}" for n in (8, 12, 16)}
    told = [event["message"] for event in bench.part(job["id"], "events")][::-1]
    assert told[0] == "Validating training file" and told[-1] == "The job has successfully completed"
    assert f"New fine-tuned model created: {name}" in told and "Step 16/16" in " ".join(told)
    child = bench.finish(bench.post(model=name, parent_mode="stack", seed=2))
    assert child["fine_tuned_model"].startswith("ft:tiny:trivium::")
    again = bench.finish(bench.post(model=kept[0]["fine_tuned_model_checkpoint"], seed=3))
    assert (
        again["status"] == "succeeded" and again["result"]["weights_hash"] != child["result"]["weights_hash"]
    )


def test_the_top_layers_of_a_model_become_a_model_to_train_on(bench: Bench) -> None:
    whole = bench.finish(bench.post(LABELS, recipe={"kind": "last_layers", "layers": 1}))
    assert whole["status"] == "succeeded", whole
    adapter = bench.finish(bench.post(LABELS, model=whole["fine_tuned_model"], recipe={"kind": "dora"}))
    assert adapter["fine_tuned_model"].startswith("ft:tiny:trivium:"), adapter
    refused = bench.client.delete(f"/v1/models/{whole['fine_tuned_model']}")
    assert adapter["fine_tuned_model"] in refused.json()["error"]["message"]


def test_labels_are_judged_by_how_many_are_right(bench: Bench, client: TestClient) -> None:
    aside = upload(client, [{"text": "row 20", "label": "even"}, {"text": "row 21", "label": "odd"}])
    job = bench.finish(bench.post(LABELS, validation_file=aside))
    scores = [e["data"]["score"] for e in bench.part(job["id"], "events") if e["type"] == "metrics"]
    assert job["status"] == "succeeded" and sum(score is not None for score in scores) == 2


def test_an_encoder_learns_tags_and_is_served(bench: Bench) -> None:
    dials = {"n_epochs": 6, "batch_size": 4}
    job = bench.finish(
        bench.post(TAGGED, model="bert", hyperparameters=dials, recipe={"learning_rate": 5e-3})
    )
    assert job["status"] == "succeeded" and job["result"]["weights_hash"], job
    [tried] = [e["data"] for e in bench.part(job["id"], "events") if "asked as it will" in e["message"]]
    assert len(bench.part(job["id"], "checkpoints")) == 3
    assert {"type": "LOC", "text": "paris", "start": 3, "end": 4} in json.loads(tried["answer"])["entities"]
    child = bench.finish(bench.post(TAGGED, model=job["fine_tuned_model"], recipe={"learning_rate": 1e-3}))
    card = adapter_path(bench.data.adapters, child["fine_tuned_model"]) / "README.md"
    assert f"Made from {job['fine_tuned_model']} (continue)" in card.read_text()
    head = bench.finish(bench.post(TAGGED, model="bert", hyperparameters={}, recipe={"kind": "head"}))
    table = bench.client.get(f"/v1/files/{head['result_files'][0]}/content").text
    assert head["status"] == "succeeded" and table.startswith("step,") and len(table.splitlines()) == 1
    wrong = bench.run(bench.post(PAIRS, model="bert"))
    assert wrong["error"]["param"] == "training_file" and "labelled texts" in wrong["error"]["message"]


def test_a_model_of_two_parts_learns_no_texts(bench: Bench) -> None:
    wrong = bench.run(bench.post([{"text": f"a text, {i}"} for i in range(12)], model="t5"))
    assert "learns answers" in wrong["error"]["message"]


def test_several_files_are_mixed_replayed_and_held_to_a_gate(bench: Bench) -> None:
    parent = bench.finish(bench.post())["fine_tuned_model"]
    lines = [{"text": f"line {i}", "label": f"{i}"} for i in range(6)]
    own, other, old = (upload(bench.client, rows) for rows in (LABELS, lines, PAIRS[:6]))

    job = bench.finish(
        bench.post(
            LABELS,
            model=parent,
            mixture={own: 2, other: 1},
            replay={"file": upload(bench.client, PAIRS), "share": 0.25},
            gate={"file": old, "bound": 1},
        )
    )
    assert job["status"] == "succeeded", job
    told = [event["message"] for event in bench.part(job["id"], "events")]
    assert any(message.startswith("Gate: the score was 0.") for message in told)
    written = (adapter_path(bench.data.adapters, job["fine_tuned_model"]) / "manifest.json").read_text()
    assert json.loads(written)["rows"] == 12 + 6 + 6


WRONG: dict[str, tuple[Lines | str, str]] = {
    "a broken line": ("\n".join([*map(json.dumps, PAIRS), "{bad"]), "line 13"),
    "mixed forms": ([*PAIRS, {"messages": [{"role": "user", "content": "x"}]}], "line 13"),
    "one row": (PAIRS[:1], "the least is 10"),
    "an empty answer": ([*PAIRS, {"prompt": "a", "completion": ""}], "line 13"),
    "a row over the window": ([*PAIRS, {"prompt": "a" * 600, "completion": "b"}], "line 13"),
    "one label": ([{"text": f"row {i}", "label": "a"} for i in range(12)], "nothing to tell apart"),
    "tagged tokens": (TAGGED, "token head"),
    "no rows": ("[]", "rows"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_fails_the_job_with_line_and_remedy(bench: Bench, case: str) -> None:
    lines, told = WRONG[case]
    job = bench.run(bench.post(lines))
    assert (job["status"], job["error"]["code"]) == ("failed", "invalid_training_file"), job
    assert job["error"]["param"] == "training_file" and told in job["error"]["message"], job["error"]


def test_a_wrong_validation_file_is_told_as_such(bench: Bench, client: TestClient) -> None:
    job = bench.run(bench.post(validation_file=upload(client, [{"prompt": "a", "completion": ""}])))
    assert (job["error"]["code"], job["error"]["param"]) == ("invalid_validation_file", "validation_file")


def test_what_a_client_accepts_is_left_out(bench: Bench) -> None:
    lines = "\n".join([json.dumps({"prompt": "a" * 600, "completion": "b"}), *map(json.dumps, PAIRS), "{bad"])
    job = bench.finish(bench.post(lines, accept_findings=["bad_json"], recipe={"long_rows": "drop"}))
    assert job["status"] == "succeeded"


def test_a_label_with_one_example_is_a_warning(bench: Bench) -> None:
    job = bench.run(bench.post([*LABELS, {"text": "rare", "label": "odd-one"}]))
    warnings = [e["message"] for e in bench.part(job["id"], "events") if e["level"] == "warn"]
    assert job["status"] == "queued" and any("one example" in message for message in warnings)


def test_a_paused_training_goes_on_to_the_same_weights(bench: Bench) -> None:
    alone = bench.finish(bench.post())
    job_id = bench.post(suffix="paused")
    bench.run(job_id)
    paused = bench.run_until(job_id, "metrics", 3, "pause")
    assert (paused["status"], paused["paused"], paused["error"]) == ("queued", True, None)
    bench.client.post(f"/v1/fine_tuning/jobs/{job_id}/resume")
    done = bench.run(job_id)
    assert (done["status"], done["paused"]) == ("succeeded", False)
    assert done["result"]["weights_hash"] == alone["result"]["weights_hash"]
    steps = [e["data"]["step"] for e in bench.part(job_id, "events") if e["type"] == "metrics"]
    assert steps == sorted(set(steps), reverse=True)


def test_a_corrupt_checkpoint_is_told_and_the_training_begins_anew(bench: Bench) -> None:
    job_id = bench.post()
    bench.run(job_id)
    bench.run_until(job_id, "metrics", 3, "pause")
    [path] = bench.data.folder("fine_tuning", job_id).glob("checkpoints/*/training.safetensors")
    path.write_bytes(path.read_bytes()[:-100])
    bench.client.post(f"/v1/fine_tuning/jobs/{job_id}/resume")
    assert bench.run(job_id)["status"] == "succeeded"
    warnings = [e["message"] for e in bench.part(job_id, "events") if e["level"] == "warn"]
    assert any("damaged" in message and "begins anew" in message for message in warnings)


def test_a_base_that_changed_or_went_while_a_job_waited_fails_it(
    bench: Bench, tmp_path: Path, tiny_llama: Path
) -> None:
    folder = shutil.copytree(tiny_llama, tmp_path / "own" / "tiny")
    bench.settings = bench.settings.model_copy(update={"model_folders": {"tiny": folder}})
    parent = bench.finish(bench.post())["fine_tuned_model"]
    paused, lost, child = bench.post(suffix="a"), bench.post(suffix="b"), bench.post(model=parent)
    for job_id in (paused, lost, child):
        bench.run(job_id)
    bench.run_until(paused, "metrics", 2, "pause")
    bench.client.post(f"/v1/fine_tuning/jobs/{paused}/resume")
    (folder / "config.json").write_text((folder / "config.json").read_text() + "\n")
    changed = bench.run(paused)
    assert changed["error"]["code"] == "checkpoint_unusable" and "other base" in changed["error"]["message"]
    assert bench.run(child)["error"]["code"] == "adapter_mismatch"
    shutil.rmtree(folder)
    assert bench.run(lost)["error"]["code"] == "model_unavailable"


def test_a_cancelled_training_keeps_its_checkpoints(bench: Bench) -> None:
    job_id = bench.post(hyperparameters={"n_epochs": 3})
    bench.run(job_id)
    job = bench.run_until(job_id, "checkpoint", 1, "cancel")
    assert (job["status"], job["fine_tuned_model"]) == ("cancelled", None)
    [kept] = bench.part(job_id, "checkpoints")
    again = bench.finish(bench.post(model=kept["fine_tuned_model_checkpoint"]))
    assert again["status"] == "succeeded"


def test_a_job_without_room_for_its_events_fails_once_there_is_room(
    bench: Bench, data: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = bench.post()
    bench.run(job_id)
    data.jobs.move(job_id, "running")
    seen: list[str] = []
    with ExitStack() as full:
        full.enter_context(largest_file((data.root / "trivium.sqlite-wal").stat().st_size))

        def make_room(_seconds: float) -> None:
            seen.append(bench.get(job_id)["status"])
            if len(seen) == 2:
                full.close()

        monkeypatch.setattr(time, "sleep", make_room)
        job = bench.run(job_id)
    assert seen == ["running", "running"]
    assert (job["status"], job["error"]["code"]) == ("failed", "disk_full")
    assert "make room" in job["error"]["message"]


def test_a_loss_that_is_no_number_fails_the_job(bench: Bench, tmp_path: Path, tiny_llama: Path) -> None:
    folder = shutil.copytree(tiny_llama, tmp_path / "own" / "tiny")
    weights = load_file(folder / "model.safetensors")
    weights["model.norm.weight"] *= float("nan")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    bench.settings = bench.settings.model_copy(update={"model_folders": {"tiny": folder}})
    job = bench.finish(bench.post())
    assert job["error"]["code"] == "loss_diverged" and "step 1 of" in job["error"]["message"]
