"""What each kind of job does."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

from advisor.errors import ON_REQUEST
from advisor.events import Event
from service.jobs.evaluation import evaluate_job
from service.jobs.fine_tuning import check_files, train_job
from service.jobs.ingestion_shift import ingest_job
from service.jobs.partial import Partial
from service.jobs.stop_signal import StopSignal
from service.settings import Settings
from service.storage.data_dir import DataDir
from service.storage.job import Job, Kind
from service.use_case_folder import read_use_case
from service.wiring import build_workbench

Task = Callable[[Settings, DataDir, Job, StopSignal], dict[str, Any]]


def recommend_job(settings: Settings, data: DataDir, job: Job, stop: StopSignal) -> dict[str, Any]:
    """Measure a use case in the job's folder; finished trials are never run again.

    Raises:
        Partial: stopped after some methods were measured.
        Cancelled: stopped before that.

    """

    def tell(event: Event) -> None:
        data.jobs.append(job.id, event.kind, event.as_dict())

    tell(Event("stage", "starting"))
    from advisor.extension import carry_over
    from advisor.recommend import recommend

    folder = data.folder("recommendation", job.id)
    workbench, use_case = build_workbench(settings), read_use_case(folder)
    if earlier := job.spec.get("extends"):
        carry_over(use_case, workbench, data.folder("recommendation", earlier), folder)
    outcome = recommend(use_case, workbench, folder, on_event=tell, cancelled=stop)
    result = {
        "status": outcome.status,
        "verdict": outcome.verdict,
        "recommended": outcome.recommended,
        "sentence": outcome.sentence,
    }
    if outcome.stopped == ON_REQUEST:
        raise Partial(result)
    return result


def deploy_job(settings: Settings, data: DataDir, job: Job, _stop: StopSignal) -> dict[str, Any]:
    """Prepare a method on all samples, ready to be served."""
    from advisor.cascade import CASCADE, Cascade
    from advisor.deployment import deploy, deploy_cascade

    source = data.folder("recommendation", job.spec["recommendation"])
    use_case, method, workbench = read_use_case(source), job.spec["method"], build_workbench(settings)
    target = data.pipeline(job.id)
    if not target.exists():
        shutil.rmtree(target.parent, ignore_errors=True)
    if method == CASCADE:
        report = json.loads((source / "report.json").read_text("utf-8"))
        deploy_cascade(use_case, Cascade.model_validate(report["cascade"]), workbench, target)
    else:
        deploy(use_case, method, workbench, target)
    return {"method": method}


TASKS: dict[Kind, Task] = {
    "recommendation": recommend_job,
    "deployment": deploy_job,
    "ingestion": ingest_job,
    "fine_tuning": train_job,
    "evaluation": evaluate_job,
}
VALIDATIONS: dict[Kind, Callable[[Settings, DataDir, Job], None]] = {"fine_tuning": check_files}
"""What each kind does before it may be queued."""
