"""The worker process: takes queued jobs from the database and runs them durably with DBOS.

The table of jobs is the truth; a DBOS workflow of the same id drives each job. After a crash
DBOS starts the workflows that were under way again, and the jobs' folders keep what was done.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetEnqueueOptions, SetWorkflowID

from service.jobs.ingestion_shift import call_for_ingestion
from service.jobs.runner import Runner, crashed
from service.jobs.turns import is_elsewhere, must_wait, resume, turn_of
from service.processes.leash import hold
from service.settings import Settings
from service.storage.data_dir import DataDir
from service.storage.job import Job

VERSION = "2"
"""Workflows of other versions are not recovered, so this changes only when old ones could not go on."""
MAX_RESTARTS = 50
TICK_SECONDS = 0.25
TICKS_BETWEEN_AUDITS = 20
QUEUE = "jobs"
"""One for all, with a partition for each lane: DBOS asks the database for each queue that there is."""
POLL_SECONDS = 0.5
UNUSED_SECONDS = 3600.0
"""Between looks for messages from one workflow to another, of which there are none."""
OVER = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
Workflow = Callable[[str, str], str]
"""Takes the ids of a job and of its turn."""


def main() -> None:
    """Work until told to stop."""
    hold()
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    settings = Settings()
    data = DataDir.open(settings.data_dir)
    dispatcher = Dispatcher(data, _launch(settings, data))
    tick = 0
    while not stopping.wait(TICK_SECONDS):
        data.heartbeat.touch()
        call_for_ingestion(data)
        dispatcher.hand_out()
        tick += 1
        if tick % TICKS_BETWEEN_AUDITS == 0:
            dispatcher.audit()
            data.files.drop_expired()
    # Threads that wait for jobs would keep the interpreter alive; the jobs end with us, and go on later.
    os._exit(0)


class Dispatcher:
    """Carries jobs from the table into DBOS's queues."""

    def __init__(self, data: DataDir, workflow: Workflow) -> None:
        self._data = data
        self._workflow = workflow
        self._handed: set[str] = set()

    def hand_out(self) -> None:
        """Enqueue what is not enqueued yet; an id that DBOS knows already is not enqueued twice."""
        for job in self._data.jobs.unfinished():
            if job.status == "queued" and job.cancel_requested:
                if not is_elsewhere(job):
                    self._data.jobs.move(job.id, "cancelled", only_from="queued")
                    continue
                resume(self._data.jobs, job)
            turn = turn_of(self._data.jobs, job)
            if turn.id not in self._handed and not must_wait(self._data.jobs, job):
                with SetWorkflowID(turn.id), SetEnqueueOptions(queue_partition_key=turn.lane):
                    DBOS.enqueue_workflow(QUEUE, self._workflow, job.id, turn.id)
                self._handed.add(turn.id)

    def audit(self) -> None:
        """Fail jobs whose workflow is over without them: no job is stuck for ever."""
        for job in self._data.jobs.unfinished():
            if not must_wait(self._data.jobs, job) and self._over(job):
                self._data.jobs.move(job.id, "failed", error=crashed())

    def _over(self, job: Job) -> bool:
        turn = turn_of(self._data.jobs, job)
        status = DBOS.get_workflow_status(turn.id)
        current = self._data.jobs.get(job.id)
        if current is None or current.finished or turn_of(self._data.jobs, current) != turn:
            return False
        return status is not None and status.status in OVER


def _launch(settings: Settings, data: DataDir) -> Workflow:
    config: DBOSConfig = {
        "name": "trivium",
        "system_database_url": data.jobs_url,
        "application_version": VERSION,
        "executor_id": "worker",
        "serializer": DBOSPortableJSONSerializer(),
        "log_level": "WARNING",
        "notification_listener_polling_interval_sec": UNUSED_SECONDS,
    }
    DBOS(config=config)
    workflow = _register(Runner(settings, data))
    DBOS.launch()
    DBOS.register_queue(
        QUEUE, partition_worker_concurrency=settings.parallel_jobs, polling_interval_sec=POLL_SECONDS
    )
    _drop_idle_queues()
    return workflow


def _drop_idle_queues() -> None:
    """Take away the queues of earlier versions, but for those on which work still waits or runs."""
    for queue in DBOS.list_queues():
        if queue.name != QUEUE and not DBOS.list_queued_workflows(queue_name=queue.name, load_input=False):
            DBOS.delete_queue(queue.name)


def _register(runner: Runner) -> Workflow:
    @DBOS.workflow(name="run_job", max_recovery_attempts=MAX_RESTARTS)
    def run_job(job_id: str, turn_id: str) -> str:
        return DBOS.run_step({"name": "run"}, runner.run, job_id, turn_id)

    return run_job


if __name__ == "__main__":
    main()
