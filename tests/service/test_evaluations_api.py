"""Evaluations of vector stores over HTTP, with the job run on demand: from labels to figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from retrieval.sentence_embedder import SentenceEmbedder
from retrieval.store.records import NewChunk, NewFile
from retrieval.store.store import Store
from service.evaluation_folder import OUTCOMES
from service.jobs.process import run_job
from service.jobs.stop_signal import StopSignal
from service.settings import Settings
from service.storage.data_dir import DataDir

EMBEDDER = SentenceEmbedder()
TEXTS = {
    "tower.txt": "The Ravel Tower was opened in 1931.",
    "bridge.txt": "The Kell Bridge was opened in 1958.",
}
QUESTIONS = [
    {"question": "When was the Ravel Tower opened?", "answers": ["1931"], "files": ["tower.txt"]},
    {"question": "When was the Kell Bridge opened?", "answers": ["1958", "58"], "files": ["file-bridge"]},
    {"question": "Who painted the moon?", "answers": []},
]


@pytest.fixture
def url(client: TestClient, data: DataDir) -> str:
    made = str(client.post("/v1/vector_stores", json={}).json()["id"])
    with Store.create(data.library(made), EMBEDDER) as store:
        for name, text in TEXTS.items():
            store.put([NewFile(f"file-{name[:-4]}", name, text, [NewChunk(0, len(text))])])
    return f"/v1/vector_stores/{made}/evaluations"


@pytest.fixture
def work(settings: Settings, data: DataDir) -> Callable[..., None]:
    """Do what the job's process would do."""

    def run(job_id: str) -> None:
        data.jobs.move(job_id, "running")
        job = data.jobs.get(job_id)
        assert job is not None
        run_job(settings, data, job, StopSignal(data.jobs, job_id, 60))

    return run


def post(client: TestClient, url: str, **wish: Any) -> Any:
    return client.post(url, json={"questions": QUESTIONS, "confidence_threshold": 0.0, **wish})


def test_labels_become_figures(client: TestClient, url: str, work: Callable[..., None]) -> None:
    made = post(client, url)
    assert made.status_code == 202, made.text
    queued = made.json()
    assert (queued["status"], queued["questions"], queued["object"]) == (
        "queued",
        3,
        "vector_store.evaluation",
    )
    work(queued["id"])
    done = client.get(f"{url}/{queued['id']}").json()
    assert (done["status"], done["error"]) == ("succeeded", None)
    assert done["progress"] == {"done": 3, "total": 3}
    result = done["result"]
    assert result["retrieval"]["recall@1"]["value"] == result["retrieval"]["ndcg@10"]["value"] == 1
    assert result["answers"]["token_f1"]["questions"] == 2 and result["answers"]["token_f1"]["value"] > 0.8
    assert result["citations"]["precision"]["value"] == result["citations"]["recall"]["value"] == 1
    assert 0 <= result["aurc"] <= 1 and result["curve"][-1]["coverage"] == 1
    outcomes = client.get(f"{url}/{queued['id']}/outcomes").json()["data"]
    assert [one["question"] for one in outcomes] == [one["question"] for one in QUESTIONS]
    assert [one["id"] for one in client.get(url).json()["data"]] == [queued["id"]]


def test_a_store_learns_from_labels_where_that_is_wished(
    client: TestClient, url: str, work: Callable[..., None], data: DataDir
) -> None:
    towers = [{"question": f"Which tower was opened, number {n}?", "files": ["tower.txt"]} for n in range(20)]
    assert "give 20" in post(client, url, questions=towers[1:], fit=True).json()["error"]["message"]
    made = post(client, url, questions=towers, fit=True).json()
    work(made["id"])
    fitted = client.get(f"{url}/{made['id']}").json()["result"]["fitted"]
    assert fitted["questions"] == 20 and fitted["ndcg"] >= fitted["default_ndcg"]
    with Store.open(data.library(url.split("/")[3]), EMBEDDER) as store:
        assert store.stats().lexical_weight == fitted["lexical_weight"]


def test_questions_may_come_as_a_file(client: TestClient, url: str, work: Callable[..., None]) -> None:
    lines = "\n".join(json.dumps(one) for one in QUESTIONS).encode()
    files = {"file": ("labels.jsonl", lines)}
    file_id = client.post("/v1/files", files=files, data={"purpose": "user_data"}).json()["id"]
    made = client.post(url, json={"questions_file": file_id}).json()
    work(made["id"])
    assert client.get(f"{url}/{made['id']}").json()["result"]["questions"] == 3


def test_a_restart_asks_nothing_twice(
    client: TestClient, url: str, work: Callable[..., None], data: DataDir
) -> None:
    made = post(client, url).json()
    path = data.folder("evaluation", made["id"]) / OUTCOMES
    work_id = made["id"]
    first = {"answerable": True, "text": "kept", "abstained": False, "confidence": 0.5, "cited": []}
    unknown = dict.fromkeys(("ranking", "exact_match", "token_f1", "citation_precision", "citation_recall"))
    kept = {"question": QUESTIONS[0]["question"], **first, **unknown, "seconds": 1.0}
    path.write_text(json.dumps(kept) + '\n{"question": "torn', "utf-8")
    work(work_id)
    outcomes = client.get(f"{url}/{work_id}/outcomes").json()["data"]
    assert outcomes[0]["text"] == "kept" and len(outcomes) == 3


def test_a_cancelled_one_reports_what_was_asked(
    client: TestClient, url: str, work: Callable[..., None], data: DataDir
) -> None:
    made = post(client, url).json()
    data.jobs.move(made["id"], "running")
    assert client.post(f"{url}/{made['id']}/cancel").json()["status"] == "running"
    work(made["id"])
    stopped = client.get(f"{url}/{made['id']}").json()
    assert stopped["status"] == "cancelled" and stopped["result"]["questions"] == 0
    queued = post(client, url, max_num_results=3).json()
    assert client.post(f"{url}/{queued['id']}/cancel").json()["status"] == "cancelled"


def test_a_label_that_names_no_file_fails_with_its_name(
    client: TestClient, url: str, work: Callable[..., None]
) -> None:
    made = post(client, url, questions=[{"question": "Where?", "files": ["lost.txt"]}]).json()
    work(made["id"])
    failed = client.get(f"{url}/{made['id']}").json()
    assert failed["status"] == "failed" and failed["error"]["code"] == "invalid_questions"
    assert "lost.txt" in failed["error"]["message"]


@pytest.mark.parametrize(
    ("wish", "status", "param"),
    [
        ({"questions": None}, 400, "questions"),
        ({"questions": []}, 400, "questions"),
        ({"questions": [{"question": "Who?"}]}, 400, "questions[0]"),
        ({"questions_file": "file-none", "questions": None}, 404, "questions_file"),
        ({"questions_file": "file-none"}, 400, "questions"),
        ({"reader": "generative"}, 400, "model"),
        ({"model": "nobody"}, 404, None),
    ],
)
def test_what_cannot_be_measured_is_refused(
    client: TestClient, url: str, wish: dict[str, Any], status: int, param: str | None
) -> None:
    refused = post(client, url, **wish)
    assert (refused.status_code, refused.json()["error"]["param"]) == (status, param), refused.text


def test_a_line_that_cannot_be_read_is_named(client: TestClient, url: str) -> None:
    files = {"file": ("labels.jsonl", b'{"question": "Who?", "answers": ["a"]}\n{"question": 7}\n')}
    file_id = client.post("/v1/files", files=files, data={"purpose": "user_data"}).json()["id"]
    refused = client.post(url, json={"questions_file": file_id})
    assert refused.status_code == 400 and "Line 2: question" in refused.json()["error"]["message"]


def test_evaluations_of_other_stores_are_not_found(client: TestClient, url: str) -> None:
    made = post(client, url).json()
    other = client.post("/v1/vector_stores", json={}).json()["id"]
    assert client.get(f"/v1/vector_stores/{other}/evaluations/{made['id']}").status_code == 404
    assert client.get(f"/v1/vector_stores/{other}/evaluations").json()["data"] == []
