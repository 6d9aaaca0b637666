"""Fine-tuning with the stock client on a started server, killed with -9 on the way."""

from __future__ import annotations

import io
import json
import os
import signal
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from generation.catalog import Catalog
from generation.language_model import Request
from generation.messages import Message
from service.processes.started import Running, started_server
from tests.service.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
FINAL = ("succeeded", "failed", "cancelled")
ROWS = [
    {"messages": [{"role": "user", "content": f"{i} + 1?"}, {"role": "assistant", "content": str(i + 1)}]}
    for i in range(20)
]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tuned")


@pytest.fixture(scope="module")
def live(data_dir: Path, tiny_llama: Path, tiny_t5: Path) -> Iterator[Running]:
    folders = json.dumps({"tiny": str(tiny_llama), "t5": str(tiny_t5)})
    environment = {"TRIVIUM_MODEL_FOLDERS": folders, "OMP_NUM_THREADS": "1"}
    with started_server(data_dir, environment) as running:
        yield running


@pytest.fixture(scope="module")
def training_file(stock: openai.OpenAI) -> str:
    text = "\n".join(map(json.dumps, ROWS)).encode()
    return stock.files.create(file=("rows.jsonl", text), purpose="fine-tune").id


def start(stock: openai.OpenAI, training_file: str, suffix: str, epochs: int = 60) -> str:
    """Long enough to be killed on the way, however fast the machine is."""
    return stock.fine_tuning.jobs.create(
        model="tiny",
        training_file=training_file,
        suffix=suffix,
        seed=7,
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": epochs}}},
        extra_body={"recipe": {"rank": 4}},
    ).id


def steps_of(stock: openai.OpenAI, job_id: str) -> int:
    """Steps that were told so far."""
    newest = stock.fine_tuning.jobs.list_events(job_id, limit=5).data
    return max((e.data["step"] for e in newest if e.type == "metrics"), default=0)  # type: ignore[index]


def finished(stock: openai.OpenAI, job_id: str) -> Any:
    def look() -> Any:
        job = stock.fine_tuning.jobs.retrieve(job_id)
        return job if job.status in FINAL else None

    return wait_for(look)


@pytest.fixture(scope="module")
def alone(stock: openai.OpenAI, training_file: str) -> Any:
    """A training that nobody disturbed."""
    job = finished(stock, start(stock, training_file, "alone"))
    assert job.status == "succeeded", job
    return job


def kill(module: str, data_dir: Path) -> None:
    """End every process of a module that belongs to the server, without a word."""
    marker = f"TRIVIUM_DATA_DIR={data_dir}".encode()
    for folder in Path("/proc").iterdir():
        try:
            command = (folder / "cmdline").read_bytes().split(b"\0")
            if module.encode() in command and marker in (folder / "environ").read_bytes().split(b"\0"):
                os.kill(int(folder.name), signal.SIGKILL)
        except (OSError, ValueError):
            continue


def test_a_killed_training_becomes_the_same_adapter(
    stock: openai.OpenAI, training_file: str, alone: Any, data_dir: Path
) -> None:
    job_id = start(stock, training_file, "killed")
    wait_for(lambda: steps_of(stock, job_id) >= 3)
    kill("service.jobs.process", data_dir)
    reached = steps_of(stock, job_id)
    wait_for(lambda: steps_of(stock, job_id) > reached)
    assert stock.fine_tuning.jobs.pause(job_id).model_dump()["paused"] is True
    wait_for(lambda: stock.fine_tuning.jobs.retrieve(job_id).status == "queued")
    reached = steps_of(stock, job_id)
    assert stock.fine_tuning.jobs.resume(job_id).status == "queued"
    wait_for(lambda: steps_of(stock, job_id) > reached)
    kill("service.jobs.worker", data_dir)
    done = finished(stock, job_id)
    assert done.status == "succeeded", done
    assert done.result["weights_hash"] == alone.result["weights_hash"]
    told = [
        e.data["step"] for e in stock.fine_tuning.jobs.list_events(job_id, limit=100) if e.type == "metrics"
    ]
    assert told == list(range(told[0], 0, -1))


def test_what_was_trained_is_a_model_like_any_other(stock: openai.OpenAI, alone: Any, data_dir: Path) -> None:
    wait_for(lambda: not (data_dir / "fine_tunings" / alone.id / "training").exists())
    name = alone.fine_tuned_model
    assert name in {model.id for model in stock.models.list()}
    assert alone.id in {job.id for job in stock.fine_tuning.jobs.list(limit=1)}
    kept = [c.fine_tuned_model_checkpoint for c in stock.fine_tuning.jobs.checkpoints.list(alone.id)]

    def say(model: str) -> str:
        messages: Any = [{"role": "user", "content": "5 + 1?"}]
        answer = stock.chat.completions.create(model=model, messages=messages, temperature=0, max_tokens=8)
        return str(answer.choices[0].message.content)

    assert say(name) == say(kept[0]) != say("tiny")
    table = stock.files.content(alone.result_files[0]).text
    assert table.startswith("step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n1,")
    assert stock.models.delete(name).deleted
    with pytest.raises(openai.NotFoundError):
        say(name)


def test_a_model_of_two_parts_is_trained_asked_and_taken_away(
    stock: openai.OpenAI, live: Running, training_file: str, tmp_path: Path
) -> None:
    dials: Any = {"n_epochs": 2}
    made = stock.fine_tuning.jobs.create(model="t5", training_file=training_file, hyperparameters=dials)
    job = finished(stock, made.id)
    assert job.status == "succeeded", job
    asked: Any = ROWS[4]["messages"][:1]
    said = stock.chat.completions.create(
        model=job.fine_tuned_model, messages=asked, temperature=0, max_tokens=8
    )
    answer = httpx.get(f"{live.url}/v1/models/{job.fine_tuned_model}/export?format=merged", timeout=600)
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as archive:
        archive.extractall(tmp_path, filter="data")
    [folder] = tmp_path.iterdir()
    question = Request((Message("user", asked[0]["content"]),), max_tokens=8)
    [taken] = Catalog(locals={"taken": folder}).open("taken").generate([question])
    assert taken.text == said.choices[0].message.content


def test_estimate_and_preview_come_from_processes_of_their_own(
    stock: openai.OpenAI, training_file: str
) -> None:
    body = {"model": "tiny", "training_file": training_file}
    told: Any = stock.post("/fine_tuning/estimate", cast_to=object, body=body)
    assert told["rows"] == 20 and told["seconds"] > 0 and told["peak_bytes"] > 10**7
    shown: Any = stock.post("/fine_tuning/preview", cast_to=object, body=body | {"rows": 1})
    learned = "".join(part["text"] for part in shown["data"][0]["parts"] if part["learned"])
    assert learned.startswith("1") and shown["tokens"]["rows"] == 20
    with pytest.raises(openai.BadRequestError) as wrong:
        stock.post("/fine_tuning/estimate", cast_to=object, body=body | {"recipe": {"layers": 99}})
    assert "up to 2" in str(wrong.value)


def test_a_wrong_file_fails_while_it_is_validated(stock: openai.OpenAI) -> None:
    text = "\n".join([*map(json.dumps, ROWS), "{bad"]).encode()
    wrong = stock.files.create(file=("wrong.jsonl", text), purpose="fine-tune").id
    job = finished(stock, stock.fine_tuning.jobs.create(model="tiny", training_file=wrong).id)
    assert (job.status, job.error.code, job.error.param) == (
        "failed",
        "invalid_training_file",
        "training_file",
    )
    assert "line 21" in job.error.message
    stream = stock.get(
        f"/fine_tuning/jobs/{job.id}/events?stream=true",
        cast_to=object,
        stream=True,
        stream_cls=openai.Stream[object],
    )
    told: list[Any] = list(stream)
    assert told[0]["message"] == "Validating training file" and told[-1]["level"] == "error"
