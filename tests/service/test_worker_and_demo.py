"""Single processes as users start them: the demo's server ends with it, the worker keeps one queue."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from dbos import DBOS, DBOSClient

from service.processes.leash import spawn, stop
from service.processes.supervisor import only_server_of
from service.storage.data_dir import DataDir
from service.storage.database import migrate
from tests.service.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1000)]


def nobody_serves(data_dir: Path) -> bool:
    try:
        with only_server_of(data_dir):
            return True
    except BlockingIOError:
        return False


def test_the_server_of_a_demo_ends_with_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "service.cli", "demo", "--data-dir", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as demo:
        wait_for((tmp_path / "worker.heartbeat").exists)
        assert not nobody_serves(tmp_path)
        demo.kill()
    wait_for(lambda: nobody_serves(tmp_path))


def test_queues_of_earlier_versions_go_once_they_are_empty(tmp_path: Path) -> None:
    migrate(tmp_path)
    data = DataDir.open(tmp_path)
    DBOS(config={"name": "trivium", "system_database_url": data.jobs_url, "application_version": "1"})
    DBOS.launch()
    DBOS.destroy()
    client = DBOSClient(system_database_url=data.jobs_url)
    for queue in ("old", "old and empty"):
        client.register_queue(queue)
    client.enqueue({"queue_name": "old", "workflow_name": "run_job", "app_version": "1"}, "job", "turn")
    worker = spawn("service.jobs.worker", environment={"TRIVIUM_DATA_DIR": str(tmp_path)})
    try:
        wait_for(lambda: {queue.name for queue in client.list_queues()} == {"old", "jobs"})
    finally:
        stop(worker)
        client.destroy()
