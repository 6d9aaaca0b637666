"""A really started server, asked with the stock OpenAI client."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from service.processes.started import Running, free_port, started_server
from service.settings import Settings
from service.storage.data_dir import DataDir
from service.wiring import build_workbench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1000)]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("live")


@pytest.fixture(scope="module")
def live(data_dir: Path, tiny_llama: Path) -> Iterator[Running]:
    """Its `openai:` models are its own, over HTTP."""
    port = free_port()
    environment = {
        "TRIVIUM_MODEL_FOLDERS": json.dumps({"tiny": str(tiny_llama)}),
        "TRIVIUM_OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1",
        "TRIVIUM_MAX_BODY_BYTES": "20000000",
        "OMP_NUM_THREADS": "1",
    }
    with started_server(data_dir, environment, port) as running:
        yield running


def say(stock: openai.OpenAI, model: str, text: str, **options: Any) -> str:
    messages = [{"role": "user", "content": text}]
    answer = stock.chat.completions.create(model=model, messages=messages, **options)  # type: ignore[call-overload]
    return str(answer.choices[0].message.content)


def follow(stock: openai.OpenAI, job_id: str) -> list[dict[str, Any]]:
    stream = stock.get(
        f"/recommendations/{job_id}/events", cast_to=object, stream=True, stream_cls=openai.Stream[object]
    )
    return [event for event in stream if isinstance(event, dict)]


def test_models_and_errors_are_typed(stock: openai.OpenAI) -> None:
    assert {"tiny"} <= {m.id for m in stock.models.list()}
    assert stock.models.retrieve("tiny").owned_by == "trivium"
    with pytest.raises(openai.NotFoundError) as missing:
        stock.models.retrieve("../../etc/passwd")
    assert missing.value.code == "model_not_found" and missing.value.request_id
    with pytest.raises(openai.BadRequestError) as wrong:
        say(stock, "tiny", "hi", extra_body={"colour": "red"})
    assert wrong.value.param == "colour"


def test_a_stream_spells_the_same_greedy_answer(stock: openai.OpenAI) -> None:
    whole = say(stock, "tiny", "the river", max_tokens=12, temperature=0)
    stream = stock.chat.completions.create(
        model="tiny",
        messages=[{"role": "user", "content": "the river"}],
        max_tokens=12,
        temperature=0,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == whole
    assert chunks[-1].usage is not None and 1 <= chunks[-1].usage.completion_tokens <= 12


def test_seeds_repeat_and_choices_differ(stock: openai.OpenAI) -> None:
    def sample(seed: int) -> list[str | None]:
        messages: Any = [{"role": "user", "content": "x"}]
        answer = stock.chat.completions.create(model="tiny", messages=messages, n=3, max_tokens=8, seed=seed)
        return [c.message.content for c in answer.choices]

    assert sample(3) == sample(3) != sample(4)
    assert len(set(sample(3))) > 1


def test_a_remote_model_answers_as_its_server_does(stock: openai.OpenAI) -> None:
    asked = {"max_tokens": 10, "temperature": 0}
    assert say(stock, "openai:tiny", "stones", **asked) == say(stock, "tiny", "stones", **asked)
    with pytest.raises(openai.InternalServerError) as unknown:
        say(stock, "openai:no-such-model", "stones", **asked)
    assert "no-such-model" in str(unknown.value)


def test_a_prompt_over_the_window_is_a_bad_request(stock: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as long:
        say(stock, "tiny", "word " * 2000)
    assert long.value.code == "context_length_exceeded"


def test_files_walk_with_the_stock_client(stock: openai.OpenAI) -> None:
    made = [stock.files.create(file=(f"{i}.jsonl", b"{}\n"), purpose="user_data") for i in range(5)]
    assert stock.files.content(made[0].id).content == b"{}\n"
    assert [f.id for f in stock.files.list(limit=2, order="asc")] == [f.id for f in made]
    assert all(stock.files.delete(f.id).deleted for f in made)
    assert list(stock.files.list()) == []


def test_a_big_body_is_refused_with_its_limit(stock: openai.OpenAI, use_case: dict) -> None:
    million = [{"input": "row", "output": "a"}] * 1_000_000
    with pytest.raises(openai.APIStatusError) as large:
        stock.post("/recommendations", cast_to=object, body=use_case | {"samples": million})
    assert large.value.status_code == 413 and "20,000,000" in str(large.value)


def test_the_whole_journey(stock: openai.OpenAI, live: Running, data_dir: Path, use_case: dict) -> None:
    queued: Any = stock.post("/recommendations", cast_to=object, body=use_case | {"model": "tiny"})
    events = follow(stock, queued["id"])
    assert [e["status"] for e in events if e["kind"] == "status"] == ["queued", "running", "succeeded"]
    assert any(e["standing"] for e in events if e["kind"] == "trial")
    done: Any = stock.get(f"/recommendations/{queued['id']}", cast_to=object)
    assert done["status"] == "succeeded" and done["result"]["sentence"]
    report = httpx.get(f"{live.url}/v1/recommendations/{queued['id']}/report.html")
    assert report.headers["content-type"].startswith("text/html") and "<html" in report.text
    deployment = deploy(stock, queued["id"], "feature-head", "desk")
    asked = ["where is my parcel", "case 4 about shipping", "money back"]
    assert [say(stock, "desk", text) for text in asked] == as_measured(data_dir, deployment["id"], asked)
    assert "desk" in {m.id for m in stock.models.list()}


def deploy(stock: openai.OpenAI, job_id: str, method: str, name: str) -> dict[str, Any]:
    body = {"method": method, "name": name}
    deployment: Any = stock.post(f"/recommendations/{job_id}/deploy", cast_to=object, body=body)
    while deployment["status"] in ("queued", "running"):
        time.sleep(0.3)
        deployment = stock.get(f"/deployments/{deployment['id']}", cast_to=object)
    assert deployment["status"] == "succeeded", deployment
    return dict(deployment)


def as_measured(data_dir: Path, deployment_id: str, inputs: list[str], **settings: Any) -> list[str]:
    """The same pipeline without any server."""
    from advisor.deployment import open_deployment

    folder = DataDir.open(data_dir).pipeline(deployment_id)
    return [
        a.text
        for a in open_deployment(folder, build_workbench(Settings(data_dir=data_dir, **settings))).answer(
            inputs
        )
    ]


def test_a_remote_model_is_measured_and_served(
    stock: openai.OpenAI, live: Running, data_dir: Path, use_case: dict
) -> None:
    corpus = [{"id": f"d{i}", "title": f"Desk {i}", "text": f"Desk {i} does returns."} for i in range(4)]
    body = use_case | {"model": "openai:tiny", "corpus": corpus}
    queued: Any = stock.post("/recommendations", cast_to=object, body=body)
    assert follow(stock, queued["id"])[-1]["status"] == "succeeded"
    report: Any = stock.get(f"/recommendations/{queued['id']}/report.json", cast_to=object)
    assert {"zero-shot", "rag", "feature-head"} <= {row["method"] for row in report["rows"]}
    deployment = deploy(stock, queued["id"], "rag", "rag-desk")
    asked = ["which desk does returns", "case 3"]
    assert [say(stock, "rag-desk", text) for text in asked] == as_measured(
        data_dir, deployment["id"], asked, openai_base_url=f"{live.url}/v1"
    )


def test_cancelling_keeps_what_was_measured(stock: openai.OpenAI, live: Running, use_case: dict) -> None:
    body = use_case | {"model": "tiny", "preset": "standard", "seed": 5}
    queued: Any = stock.post("/recommendations", cast_to=object, body=body)
    path = f"/recommendations/{queued['id']}"
    while not ((now := stock.get(path, cast_to=object))["progress"] or {}).get("standing"):  # type: ignore[index]
        assert now["status"] in ("queued", "running")  # type: ignore[index]
        time.sleep(0.2)
    stock.post(f"{path}/cancel", cast_to=object)
    assert follow(stock, queued["id"])[-1]["status"] == "cancelled"
    done: Any = stock.get(path, cast_to=object)
    assert done["result"]["status"] == "partial"
    assert httpx.get(f"{live.url}/v1{path}/report.json").json()["status"] == "partial"


def test_health_does_not_wait_for_a_busy_model(stock: openai.OpenAI, live: Running) -> None:
    busy = threading.Thread(target=say, args=(stock, "tiny", "x"), kwargs={"n": 8, "max_tokens": 200})
    busy.start()
    answered = 0
    with httpx.Client(timeout=60) as probe:
        while busy.is_alive():
            assert probe.get(f"{live.url}/health").status_code == 200
            answered += busy.is_alive()
    assert answered >= 3
