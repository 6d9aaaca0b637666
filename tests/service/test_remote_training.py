"""Trainings here and on another server take the same order; the other server is a `trivium serve`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import openai
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from finetune.backends.port import Backend, Event, Order
from finetune.backends.score import score_of
from finetune.dataset import Example, TrainingExample
from finetune.errors import Cancelled, DatasetError, Paused
from finetune.recipe import Recipe
from finetune.session import Validation, Wish
from generation.errors import ModelUnavailableError
from generation.language_model import Request
from generation.messages import Message
from service.app import create_app
from service.cli import app as commands
from service.engine.scripted import ScriptedEngine
from service.processes.started import Running, started_server
from service.resources import Resources
from service.settings import Settings
from service.storage.data_dir import DataDir
from service.storage.database import migrate
from service.wiring import build_backend, build_catalog
from tests.service.test_training_jobs import Bench, upload
from tests.service.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
KEY = "a-key-of-the-remote-server"
ROWS = [TrainingExample((Message("user", f"{i} + 1?"), Message("assistant", str(i + 1)))) for i in range(12)]


def share_of_ones(answers: Sequence[str]) -> float:
    return sum(answer.startswith("1") for answer in answers) / len(answers)


ORDER = Order(ROWS[:10], Recipe(epochs=3, seed=7), Validation(ROWS[10:], share_of_ones), "desk", True)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, tiny_llama: Path) -> Iterator[Running]:
    folders = json.dumps({"tiny": str(tiny_llama)})
    environment = {"TRIVIUM_MODEL_FOLDERS": folders, "TRIVIUM_API_KEYS": KEY, "OMP_NUM_THREADS": "1"}
    with started_server(tmp_path_factory.mktemp("remote"), environment) as running:
        yield running


@pytest.fixture(scope="module")
def stock(live: Running) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{live.url}/v1", api_key=KEY) as client:
        yield client


@pytest.fixture(scope="module")
def settings(live: Running, tmp_path_factory: pytest.TempPathFactory, tiny_llama: Path) -> Settings:
    return Settings(
        data_dir=tmp_path_factory.mktemp("home"),
        model_folders={"tiny": tiny_llama},
        openai_base_url=f"{live.url}/v1",
        openai_api_key=KEY,
    )


class Asker:
    """Wishes for the same thing again and again."""

    def __init__(self, wish: Wish) -> None:
        self._wish = wish

    def wish(self) -> Wish:
        return self._wish


@pytest.mark.parametrize("model", ["tiny", "openai:tiny"])
def test_an_order_becomes_a_model_that_the_catalog_opens(settings: Settings, model: str) -> None:
    backend: Backend = build_backend(settings, model)
    heard: list[Event] = []
    done = backend.train(ORDER, heard.append)
    assert done.model.removeprefix("openai:").startswith("ft:tiny:trivium:desk:")
    assert done.trained_tokens
    steps = [event.data["step"] for event in heard if event.data and event.message.startswith("Step ")]
    assert steps == list(range(1, len(steps) + 1)) and len(steps) >= 3
    assert heard[-1].level == "info"
    asked = [Request(row.messages[:1], max_tokens=8) for row in ORDER.validation.rows]
    model = build_catalog(settings).open(done.model)
    said = [answer.text for answer in model.generate(asked)]
    assert score_of(model, ORDER.validation) == share_of_ones(said)
    again = backend.train(ORDER)
    assert (again.model, again.trained_tokens) == (done.model, done.trained_tokens)


def test_nothing_is_left_on_the_server_and_nothing_is_trained_twice(
    settings: Settings, stock: openai.OpenAI
) -> None:
    build_backend(settings, "openai:tiny").train(ORDER)
    assert len(list(stock.fine_tuning.jobs.list())) == 1
    assert not [file for file in stock.files.list() if file.purpose == "fine-tune"]


def test_a_paused_job_goes_on_and_a_cancelled_one_begins_anew(
    settings: Settings, stock: openai.OpenAI
) -> None:
    backend = build_backend(settings, "openai:tiny")
    long = Order(ROWS, Recipe(epochs=1_000), data_may_leave=True)
    with pytest.raises(Paused):
        backend.train(long, control=Asker(Wish.PAUSE))
    [paused, _] = stock.fine_tuning.jobs.list()
    assert (paused.model_extra or {})["paused"] is True
    with pytest.raises(Cancelled):
        backend.train(long, control=Asker(Wish.CANCEL))
    [cancelled, _] = stock.fine_tuning.jobs.list()
    assert cancelled.id == paused.id
    with pytest.raises(Cancelled):
        backend.train(long, control=Asker(Wish.CANCEL))
    assert len(list(stock.fine_tuning.jobs.list())) == 2
    for wish, raised in ((Wish.PAUSE, Paused), (Wish.CANCEL, Cancelled)):
        with pytest.raises(raised):
            backend.train(long, control=Asker(wish))
    assert len(list(stock.fine_tuning.jobs.list())) == 3


def test_the_servers_refusals_are_told(settings: Settings) -> None:
    same = Order(ROWS[:2], Recipe(), Validation(ROWS[:1]), data_may_leave=True)
    with pytest.raises(DatasetError, match="validation"):
        build_backend(settings, "openai:tiny").train(same)
    with pytest.raises(ModelUnavailableError, match="knows no model 'nobody'"):
        build_backend(settings, "openai:nobody").train(ORDER)
    stranger = settings.model_copy(update={"openai_api_key": None})
    with pytest.raises(ModelUnavailableError, match="API key"):
        build_backend(stranger, "openai:tiny").train(ORDER)


def test_a_pause_that_comes_too_late_changes_nothing(settings: Settings, stock: openai.OpenAI) -> None:
    class Late:
        """Wishes for a pause once the server has finished, before that is seen here."""

        def wish(self) -> Wish:
            sent = list(stock.fine_tuning.jobs.list())
            if len(sent) == before:
                return Wish.GO_ON
            wait_for(lambda: stock.fine_tuning.jobs.retrieve(sent[0].id).status == "succeeded")
            return Wish.PAUSE

    before = len(list(stock.fine_tuning.jobs.list()))
    short = Order(ROWS[:11], Recipe(epochs=1), data_may_leave=True)
    assert build_backend(settings, "openai:tiny").train(short, control=Late()).model.startswith("openai:ft:")


def test_a_paused_job_that_is_cancelled_here_ends_there_too(
    settings: Settings, stock: openai.OpenAI, tmp_path: Path
) -> None:
    url, key = str(settings.openai_base_url), KEY
    environment = {"TRIVIUM_OPENAI_BASE_URL": url, "TRIVIUM_OPENAI_API_KEY": key, "OMP_NUM_THREADS": "1"}
    with (
        started_server(tmp_path, environment) as near,
        openai.OpenAI(base_url=f"{near.url}/v1", api_key=key) as client,
    ):
        jobs = client.fine_tuning.jobs
        rows = client.files.create(file=("rows.jsonl", lines(ROWS).encode()), purpose="fine-tune")
        dials: Any = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 1_000}}}
        job = jobs.create(
            model="openai:tiny", training_file=rows.id, method=dials, extra_body={"data_may_leave": True}
        )
        known = {far.id for far in stock.fine_tuning.jobs.list()}
        wait_for(lambda: {far.id for far in stock.fine_tuning.jobs.list()} != known)
        far = stock.fine_tuning.jobs.list(limit=1).data[0]
        jobs.pause(job.id)
        wait_for(lambda: jobs.retrieve(job.id).status == "queued")
        jobs.cancel(job.id)
        wait_for(lambda: jobs.retrieve(job.id).status == "cancelled")
        wait_for(lambda: stock.fine_tuning.jobs.retrieve(far.id).status == "cancelled")
    assert not [file for file in stock.files.list() if file.purpose == "fine-tune"]


def lines(rows: Sequence[Example]) -> str:
    return "".join(f'{{"messages": {row.canonical.decode()}}}\n' for row in rows)


def test_a_job_of_this_server_is_that_order_too(settings: Settings, stock: openai.OpenAI) -> None:
    before = len(list(stock.fine_tuning.jobs.list()))
    migrate(settings.data_dir)
    data = DataDir.open(settings.data_dir)
    app = create_app(Resources(settings, data, ScriptedEngine([], {}, settings.data_dir / "vector_stores")))
    with TestClient(app, base_url="http://localhost") as client:
        bench = Bench(client, settings, data)
        aside = upload(client, lines(ORDER.validation.rows))
        dials = {"validation_file": aside, "hyperparameters": {"n_epochs": 3}, "seed": 7, "suffix": "desk"}
        rows = lines(ORDER.examples)
        job = bench.finish(bench.post(rows, model="openai:tiny", data_may_leave=True, **dials))
        steps = [e["data"]["step"] for e in bench.part(job["id"], "events") if e["type"] == "metrics"]
    assert job["status"] == "succeeded" and job["trained_tokens"], job
    assert job["fine_tuned_model"] == build_backend(settings, "openai:tiny").train(ORDER).model
    assert steps == list(range(len(steps), 0, -1)) and len(steps) >= 3
    assert len(list(stock.fine_tuning.jobs.list())) == before


def test_the_command_line_takes_the_same_order(settings: Settings, tmp_path: Path) -> None:
    rows, aside = tmp_path / "rows.jsonl", tmp_path / "aside.jsonl"
    for path, examples in ((rows, ORDER.examples), (aside, ORDER.validation.rows)):
        path.write_text(lines(examples))
    environment = {
        "TRIVIUM_DATA_DIR": str(settings.data_dir),
        "TRIVIUM_OPENAI_BASE_URL": settings.openai_base_url,
        "TRIVIUM_OPENAI_API_KEY": KEY,
    }

    def train(*options: str) -> Result:
        dials = ["--model", "openai:tiny", "--epochs", "3", "--seed", "7", "--suffix", "desk"]
        arguments = ["train", str(rows), "--validation", str(aside), *dials, *options]
        return CliRunner(env=environment).invoke(commands, arguments)

    kept = train()
    assert kept.exit_code == 2 and "data_may_leave" in kept.stderr
    done = train("--data-may-leave")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.split()[-1].startswith("openai:ft:tiny:trivium:desk:")
    assert "token_f1" in done.stdout
