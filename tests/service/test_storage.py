"""Jobs, their states and the tables under them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event
from sqlalchemy.exc import DatabaseError

from service.states import FINAL, STATUSES, WAYS, Status, sources
from service.storage.data_dir import DataDir
from service.storage.database import migrate, open_database
from service.storage.files import FileStore
from service.storage.job import NewJob
from service.storage.jobs import JobStore
from service.storage.pages import Cursor
from service.storage.tables import metadata
from service.storage.vector_store_files import VectorStoreFiles
from tests.full_disk import largest_file


def make(data: DataDir, job_id: str = "rec_1", body: str = "b", key: str | None = None, window: int = 60):
    return data.jobs.create(NewJob(job_id, "recommendation", {}, body, key), window)


def test_migrations_make_the_tables_and_may_run_again(data: DataDir) -> None:
    migrate(data.root)
    with open_database(data.root).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_migrations_are_made_whole_or_not_at_all(tmp_path: Path) -> None:
    with largest_file(40_000), pytest.raises(DatabaseError):
        migrate(tmp_path)
    migrate(tmp_path)


def test_what_is_asked_many_times_a_second_is_looked_up(data: DataDir) -> None:
    database, plans = open_database(data.root), list[str]()

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            raw = connection.connection.dbapi_connection
            plans.extend(row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))

    event.listen(database, "before_cursor_execute", explain)
    jobs, members = JobStore(database), VectorStoreFiles(database)
    jobs.get("a")
    jobs.unfinished()
    jobs.serving("model")
    jobs.makers("model")
    jobs.latest("a", ("pause", "resume"))
    jobs.queued_at("a")
    jobs.events("a", 5)
    members.tallies(["vs"])
    members.batch_tally("batch")
    for batch in (None, "batch"):
        members.page("vs", Cursor(), None, batch)
    FileStore(database, data.root).drop_expired()
    indices = [plan.rsplit("USING ", 1)[1] for plan in plans if plan.startswith("SEARCH")]
    assert not [plan for plan in plans if plan.startswith("SCAN")], plans
    for name in ("status", "model_name", "job_id_kind_seq", "vector_store_id", "usage_bytes", "batch_id"):
        assert any(f"{name} (" in index for index in indices), (name, plans)


def test_what_broken_off_uploads_left_behind_goes(data: DataDir) -> None:
    kept = data.files.create(BytesIO(b"kept"), "kept.txt", "user_data", "sha", 0)
    for name in ("file-1.partial", "file-2"):
        (data.root / "files" / name).touch()
    (data.adapters / ".gone-ft").mkdir(parents=True)
    (data.adapters / ".gone-ft" / "adapter_model.safetensors").touch()
    data.sweep()
    assert not list(data.adapters.iterdir())
    assert [path.name for path in (data.root / "files").iterdir()] == [kept.id]


def test_the_data_directory_is_ours_alone(data: DataDir) -> None:
    assert data.root.stat().st_mode & 0o777 == 0o700


def test_final_states_have_no_way_out() -> None:
    assert set(FINAL) == {"succeeded", "failed", "cancelled"}
    assert all(WAYS[s] for s in STATUSES if s not in FINAL)


@pytest.mark.parametrize("target", STATUSES)
@pytest.mark.parametrize("start", STATUSES)
def test_a_job_moves_only_along_the_table(data: DataDir, start: Status, target: Status) -> None:
    first: Status = "validating_files" if start == "validating_files" else "queued"
    job, _ = data.jobs.create(NewJob("rec_1", "recommendation", {}, "b", status=first), 60)
    ways = {first: [], "running": ["running"], "cancelled": ["cancelled"]}
    for step in ways.get(start, ["running", start]):
        assert data.jobs.move(job.id, step)
    history = len(data.jobs.events(job.id))
    assert data.jobs.move(job.id, target) == (start in sources(target))
    now = data.jobs.get(job.id)
    assert now is not None and now.status == (target if start in sources(target) else start)
    assert len(data.jobs.events(job.id)) == history + (start in sources(target))


def test_only_one_of_many_movers_wins(data: DataDir) -> None:
    job, _ = make(data)
    data.jobs.move(job.id, "running")
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda s: data.jobs.move(job.id, s), ["succeeded", "failed", "cancelled"] * 4))
    assert sum(won) == 1 and len(data.jobs.events(job.id)) == 3


def test_only_one_of_many_equal_creations_is_new(data: DataDir) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda i: make(data, f"rec_{i}"), range(16)))
    assert sum(new for _, new in made) == 1 and len({job.id for job, _ in made}) == 1


def test_outside_the_window_it_is_a_new_job(data: DataDir) -> None:
    assert make(data, "rec_1", window=0)[1] and make(data, "rec_2", window=0)[1]


def test_a_running_job_is_asked_to_stop(data: DataDir) -> None:
    job, _ = make(data)
    data.jobs.move(job.id, "running")
    data.jobs.request_cancel(job.id)
    now = data.jobs.get(job.id)
    assert now is not None and now.status == "running" and now.cancel_requested
    assert data.jobs.unfinished() == [now]


def test_everything_is_still_there_after_opening_again(data: DataDir, tmp_path: Path) -> None:
    job, _ = make(data)
    data.jobs.append(job.id, "trial", {"done": 1})
    again = DataDir.open(data.root)
    assert again.jobs.get(job.id) == job
    assert [e.kind for e in again.jobs.events(job.id)] == ["status", "trial"]
    latest = again.jobs.latest(job.id, ["trial"])
    assert latest is not None and latest.data == {"done": 1}
