"""The stream of a job's history."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient

from service.storage.data_dir import DataDir


def read(client: TestClient, job_id: str, **headers: str) -> list[tuple[int, dict]]:
    text = client.get(f"/v1/recommendations/{job_id}/events", headers=headers).text
    found = []
    for block in text.split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        found.append((int(fields["id"]), json.loads(fields["data"])))
        assert fields["event"] == found[-1][1]["kind"]
    return found


@pytest.fixture
def finished(client: TestClient, data: DataDir, use_case: dict) -> str:
    job_id = client.post("/v1/recommendations", json=use_case).json()["id"]
    data.jobs.move(job_id, "running")
    data.jobs.append(
        job_id, "trial", {"message": "rag, fold 1\n\nwith a gap", "done": 1, "total": 9, "standing": {}}
    )
    data.jobs.move(job_id, "succeeded", result={"verdict": "single"})
    return job_id


def test_the_history_is_replayed_and_ends_after_the_last_event(client: TestClient, finished: str) -> None:
    history = read(client, finished)
    assert [n for n, _ in history] == [1, 2, 3, 4]
    assert [e.get("status") for _, e in history] == ["queued", "running", None, "succeeded"]
    assert history[2][1]["message"].endswith("with a gap")


def test_a_client_may_go_on_where_it_stopped(client: TestClient, finished: str) -> None:
    assert [n for n, _ in read(client, finished, **{"last-event-id": "2"})] == [3, 4]
    assert read(client, finished, **{"last-event-id": "4"}) == []


@pytest.mark.parametrize("last", ["x", "-1", "9" * 40])
def test_a_wrong_last_event_id_is_refused(client: TestClient, finished: str, last: str) -> None:
    answer = client.get(f"/v1/recommendations/{finished}/events", headers={"last-event-id": last})
    assert answer.status_code == 400


def test_the_standing_is_shown_while_it_runs(client: TestClient, finished: str) -> None:
    progress = client.get(f"/v1/recommendations/{finished}").json()["progress"]
    assert (progress["done"], progress["total"]) == (1, 9)
