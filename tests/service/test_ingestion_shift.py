"""When an ingestion job is called, and when not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from service.jobs.ingestion_shift import call_for_ingestion
from service.storage.data_dir import DataDir
from service.storage.job import Job
from service.storage.pages import Cursor
from service.storage.vector_store import NewMember


def jobs(data: DataDir) -> tuple[Job, ...]:
    return data.jobs.page("ingestion", Cursor()).items


def wish(data: DataDir) -> None:
    values: dict[str, Any] = dict.fromkeys(("description", "metadata", "expires_after_days"))
    store, _ = data.vector_stores.create(values | {"name": "s"}, "", None)
    data.vector_store_files.add(store.id, [NewMember("file-1", "a.txt", {}, 800, 400)])


def test_one_job_is_called_for_all_work_and_none_for_none(data: DataDir) -> None:
    call_for_ingestion(data)
    assert jobs(data) == ()
    wish(data)
    wish(data)
    call_for_ingestion(data)
    call_for_ingestion(data)
    (job,) = jobs(data)
    assert (job.kind, job.status) == ("ingestion", "queued")


def test_finished_jobs_leave_no_trace(data: DataDir) -> None:
    wish(data)
    call_for_ingestion(data)
    (first,) = jobs(data)
    log: Path = data.log(first.id)
    log.parent.mkdir()
    log.touch()
    data.jobs.move(first.id, "running")
    data.jobs.move(first.id, "succeeded")
    call_for_ingestion(data)
    (second,) = jobs(data)
    assert second.id != first.id and not log.exists()


def test_after_a_failure_there_is_a_pause(data: DataDir) -> None:
    wish(data)
    call_for_ingestion(data)
    (first,) = jobs(data)
    data.jobs.move(first.id, "failed")
    call_for_ingestion(data)
    assert [job.id for job in jobs(data)] == [first.id]
    call_for_ingestion(data, pause_seconds=0)
    assert [job.status for job in jobs(data)] == ["queued"]
