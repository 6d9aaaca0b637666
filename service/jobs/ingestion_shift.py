"""The job that ingests: one at a time, called when there is work, and lingering for more of it."""

from __future__ import annotations

import os
import time
from typing import Any
from uuid import uuid4

from service.jobs.stop_signal import StopSignal
from service.settings import Settings
from service.storage.clock import now
from service.storage.data_dir import DataDir
from service.storage.job import Job, NewJob
from service.storage.pages import Cursor

LINGER_SECONDS = 60.0
"""Starting costs the import of the model libraries, so the job waits a while for more files."""
SHIFT_SECONDS = 3600.0
"""Then another process goes on, whatever this one may have leaked."""
PAUSE_SECONDS = 10
"""After a job that failed; what made it fail may last."""
LOOK_SECONDS = 0.25
NICENESS = 10
"""Beyond that of other jobs: a bulk load takes what chats and searches leave."""


def call_for_ingestion(data: DataDir, pause_seconds: int = PAUSE_SECONDS) -> None:
    """Queue a job if there is work and no job under way; finished ones leave no trace."""
    if not data.ingestion.has_work() or any(job.kind == "ingestion" for job in data.jobs.unfinished()):
        return
    for last in data.jobs.page("ingestion", Cursor()).items:
        if last.status == "failed" and (last.finished_at or 0) > now() - pause_seconds:
            return
        data.jobs.delete(last.id)
        if last.status != "failed":
            data.log(last.id).unlink(missing_ok=True)
    job_id = f"ing_{uuid4().hex}"
    data.jobs.create(NewJob(job_id, "ingestion", {}, job_id), 0)


def ingest_job(settings: Settings, data: DataDir, _job: Job, stop: StopSignal) -> dict[str, Any]:
    """Ingest until there was nothing to do for a while, or the shift is over: what is left is not lost."""
    from retrieval.extraction import Extractor
    from retrieval.library.caching_embedder import CachingEmbedder
    from service.jobs.ingestion import Ingestion
    from service.wiring import build_embedder

    os.nice(NICENESS)
    end = time.monotonic() + SHIFT_SECONDS
    with Extractor() as extractor:
        embedder = CachingEmbedder(build_embedder(settings), data.vector_cache)
        ingestion = Ingestion(data, embedder, extractor, settings.file_timeout_seconds, stop)
        idle_since = time.monotonic()
        while not stop() and (current := time.monotonic()) < min(end, idle_since + LINGER_SECONDS):
            if ingestion.step():
                idle_since = time.monotonic()
            else:
                time.sleep(LOOK_SECONDS)
        ingestion.close()
        embedder.close()
    return {"seconds": round(current - end + SHIFT_SECONDS, 1)}
