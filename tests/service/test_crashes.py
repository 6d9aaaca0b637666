"""kill -9 in the middle of a recommendation: it is finished, and no finished trial is repeated."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.processes.started import Running, started_server
from tests.service.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1000)]
LABELS = ("billing", "shipping", "returns")


@pytest.fixture
def environment(tiny_llama: Path) -> dict[str, str]:
    return {"TRIVIUM_MODEL_FOLDERS": json.dumps({"tiny": str(tiny_llama)}), "OMP_NUM_THREADS": "1"}


@pytest.fixture
def body(use_case: dict) -> dict:
    """Twice as many samples as the others have, so that there is time to kill."""
    more = [{"input": f"more of {i} about {LABELS[i % 3]}", "output": LABELS[i % 3]} for i in range(24)]
    return use_case | {"model": "tiny", "samples": use_case["samples"] + more}


def pids(module: str, marker: Path) -> list[int]:
    """Processes of a module that belong to the server on a data directory."""
    folders = [folder for folder in Path("/proc").iterdir() if folder.name.isdigit()]
    return [int(folder.name) for folder in folders if _is(folder, module, marker)]


def _is(folder: Path, module: str, marker: Path) -> bool:
    try:
        command = (folder / "cmdline").read_bytes().split(b"\0")
        environment = (folder / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return module.encode() in command and f"TRIVIUM_DATA_DIR={marker}".encode() in environment


def kill(module: str, data_dir: Path) -> None:
    victims = pids(module, data_dir)
    assert victims, module
    for pid in victims:
        os.kill(pid, signal.SIGKILL)


def trials(data_dir: Path, job_id: str) -> dict[str, int]:
    """Finished trials and when each was written."""
    folder = data_dir / "recommendations" / job_id / "trials"
    return {p.name: p.stat().st_mtime_ns for p in folder.glob("*.parquet")} if folder.exists() else {}


def start(running: Running, body: dict, data_dir: Path) -> tuple[str, dict[str, int]]:
    """Post, and wait until some trials are finished and others are not."""
    made = httpx.post(f"{running.url}/v1/recommendations", json=body).json()
    wait_for(lambda: trials(data_dir, made["id"]))
    return made["id"], trials(data_dir, made["id"])


def finished(running: Running, job_id: str) -> dict[str, Any]:
    def look() -> Any:
        try:
            job = httpx.get(f"{running.url}/v1/recommendations/{job_id}").json()
        except httpx.TransportError:
            return None
        return job if job["status"] not in ("queued", "running") else None

    return wait_for(look)


def test_worker_and_web_may_be_killed(tmp_path: Path, environment: dict[str, str], body: dict) -> None:
    with started_server(tmp_path, environment) as running:
        job_id, before = start(running, body, tmp_path)
        kill("service.jobs.worker", tmp_path)
        kill("service.processes.web", tmp_path)
        assert httpx.get(f"{running.url}/health", timeout=60).status_code == 200
        job = finished(running, job_id)
        after = trials(tmp_path, job_id)
        assert deployed_answer(running, job_id, "feature-head", "case 4 about shipping") in LABELS
        assert cancelled_on_the_way(running, job_id) == "cancelled"
    assert job["status"] == "succeeded", job
    assert after.items() > before.items()


def deployed_answer(running: Running, job_id: str, method: str, text: str) -> str:
    """What a method says once it is deployed."""
    made = httpx.post(f"{running.url}/v1/recommendations/{job_id}/deploy", json={"method": method}).json()
    url = f"{running.url}/v1/deployments/{made['id']}"
    wait_for(lambda: httpx.get(url).json()["status"] == "succeeded")
    body = {"model": made["model"], "messages": [{"role": "user", "content": text}]}
    answer = httpx.post(f"{running.url}/v1/chat/completions", json=body, timeout=60).json()
    return answer["choices"][0]["message"]["content"]


def cancelled_on_the_way(running: Running, job_id: str) -> str:
    """How a deployment ends that is cancelled while it is being made."""
    asked = {"method": "feature-head", "name": "never"}
    made = httpx.post(f"{running.url}/v1/recommendations/{job_id}/deploy", json=asked).json()
    url = f"{running.url}/v1/deployments/{made['id']}"
    wait_for(lambda: httpx.get(url).json()["status"] == "running")
    httpx.post(f"{url}/cancel")
    return wait_for(lambda: httpx.get(url).json()["finished_at"] and httpx.get(url).json()["status"])


def test_everything_may_be_killed_and_started_again(
    tmp_path: Path, environment: dict[str, str], body: dict
) -> None:
    with started_server(tmp_path, environment) as running:
        job_id, before = start(running, body, tmp_path)
        os.kill(running.pid, signal.SIGKILL)
        modules = ("processes.web", "processes.engine", "jobs.worker", "jobs.process")
        wait_for(lambda: not any(pids(f"service.{m}", tmp_path) for m in modules))
    (tmp_path / "files").mkdir(exist_ok=True)
    (tmp_path / "files" / "file-broken-off.partial").touch()
    with started_server(tmp_path, environment) as running:
        assert not any((tmp_path / "files").iterdir())
        job = finished(running, job_id)
        after = trials(tmp_path, job_id)
    assert job["status"] == "succeeded", job
    assert after.items() > before.items()


def test_the_engine_may_be_killed(tmp_path: Path, environment: dict[str, str]) -> None:
    body = {
        "model": "tiny",
        "messages": [{"role": "user", "content": "x"}],
        "max_tokens": 4,
        "temperature": 0,
    }
    with started_server(tmp_path, environment) as running:

        def chat() -> Any:
            answer = httpx.post(f"{running.url}/v1/chat/completions", json=body, timeout=60)
            assert answer.status_code in (200, 503), answer.text
            return answer.json() if answer.status_code == 200 else None

        before = wait_for(chat)
        kill("service.processes.engine", tmp_path)
        assert wait_for(chat)["choices"] == before["choices"]


def test_a_job_whose_process_dies_is_tried_again(
    tmp_path: Path, environment: dict[str, str], body: dict
) -> None:
    with started_server(tmp_path, environment) as running:
        job_id, before = start(running, body, tmp_path)
        kill("service.jobs.process", tmp_path)
        job = finished(running, job_id)
        after = trials(tmp_path, job_id)
    assert job["status"] == "succeeded", job
    assert after.items() > before.items()


def test_a_job_that_takes_too_long_is_stopped_and_reported(
    tmp_path: Path, environment: dict[str, str], body: dict
) -> None:
    with started_server(tmp_path, environment | {"TRIVIUM_JOB_TIMEOUT_SECONDS": "1"}) as running:
        made = httpx.post(f"{running.url}/v1/recommendations", json=body).json()
        job = finished(running, made["id"])
    assert (job["status"], job["error"]["code"]) == ("failed", "deadline_exceeded")


def test_terminating_the_server_ends_every_process(tmp_path: Path, environment: dict[str, str]) -> None:
    modules = ("processes.web", "processes.engine", "jobs.worker")
    with started_server(tmp_path, environment):
        assert all(pids(f"service.{m}", tmp_path) for m in modules)
    assert not any(pids(f"service.{m}", tmp_path) for m in modules)
    assert not list(tmp_path.glob("*.sock"))
