"""The two tasks of a fine-tuning job: its files are checked, and it is trained and its results published."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune.progress import STEP_METRICS, Progress
from finetune.session import Wish
from generation.catalog import is_remote
from service.fine_tuning_admission import slug
from service.fine_tuning_order import order_of
from service.jobs.stop_signal import StopSignal
from service.jobs.training_events import TrainingDiary
from service.jobs.training_files import check_data, read_files, sentence
from service.schemas.fine_tuning_body import CreateJob
from service.settings import Settings
from service.storage.clock import now
from service.storage.data_dir import DataDir
from service.storage.fine_tuning import FineTuningSpec, checkpoint_folder
from service.storage.job import Job
from service.wiring import build_backend, build_catalog

if TYPE_CHECKING:
    from finetune.backends.port import Trained

KEPT_EPOCHS = 3
"""Epochs of which the model is kept beside the finished one, as OpenAI does."""
RESULTS = "fine-tune-results"


def check_files(settings: Settings, data: DataDir, job: Job) -> None:
    """Read and check the files of a job, and tell what was found.

    Raises:
        InvalidTrainingFile, InvalidValidationFile: rows that cannot be learned from.
        GenerationError: the model that shall be trained on cannot be read.
    """
    spec = FineTuningSpec.of(job)
    body = CreateJob.model_validate(spec.body)
    diary = TrainingDiary(data.jobs, job.id)
    files = read_files(data.folder("fine_tuning", job.id), spec.names)
    reports = check_data(files, body, _base(settings, body.model))
    for finding in (finding for report in reports for finding in report.findings):
        diary.say(sentence(finding), level="info" if finding.severity == "info" else "warn")
    rows = sum(report.rows for report in reports)
    tokens = sum(report.tokens.read for report in reports if report.tokens)
    counted = f" with {tokens:,} tokens" if tokens else ""
    diary.say(f"Files validated: {rows:,} rows{counted}; moving job to queued state")


def train_job(settings: Settings, data: DataDir, job: Job, stop: StopSignal) -> dict[str, Any]:
    """Train here or on another server, and write down what came of it.

    Raises:
        Stopped: the signal said so; the checkpoint is kept.
        FinetuneError, GenerationError: it cannot be trained.
    """
    from finetune.backends.local import Place

    spec, diary = FineTuningSpec.of(job), TrainingDiary(data.jobs, job.id)
    body = CreateJob.model_validate(spec.body)
    folder = data.folder("fine_tuning", job.id)
    files = read_files(folder, spec.names)
    order = order_of(body, files, _base(settings, body.model), spec.seed, slug(body.suffix or ""))
    place = Place(data.adapters, folder / "checkpoints", job.model_name, _keeper(data, job, diary))
    diary.begin(order)
    done = build_backend(settings, body.model, place).train(order, diary.note, _Wishes(stop))
    return {"model": done.model, "trained_tokens": done.trained_tokens, **_made_here(data, job, done)}


def _base(settings: Settings, model: str) -> Path | None:
    """The folder of what is trained on; None where that is on another server."""
    return None if is_remote(model) else build_catalog(settings).parts(model).base


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What the client wants of a running training: implements finetune's `Control`."""

    stop: StopSignal

    def wish(self) -> Wish:
        if not self.stop():
            return Wish.GO_ON
        return Wish.PAUSE if self.stop.reason == "paused" else Wish.CANCEL


def _keeper(
    data: DataDir, job: Job, diary: TrainingDiary
) -> Callable[[Progress, Callable[[Path], None]], None]:
    """Keeps the models of the last epochs."""

    def keep(told: Progress, write: Callable[[Path], None]) -> None:
        write(checkpoint_folder(data, job, told.step))
        for step in diary.checkpoint(told)[KEPT_EPOCHS:]:
            shutil.rmtree(checkpoint_folder(data, job, step), ignore_errors=True)

    return keep


def _made_here(data: DataDir, job: Job, done: Trained) -> dict[str, Any]:
    """What only a training on this machine tells."""
    if done.folder is None or done.manifest is None:
        return {}
    return {
        "result_file": _publish(data, job, done.folder / STEP_METRICS),
        "weights_hash": done.manifest.weights_hash,
        "best_epoch": done.manifest.best_epoch,
        "ending": done.manifest.ending,
    }


def _publish(data: DataDir, job: Job, table: Path) -> str:
    """The result file's id; the same one when this is done again after a crash."""
    digest = sha256(table.read_bytes()).hexdigest()
    window = now() - job.created_at + 60
    with table.open("rb") as source:
        return data.files.create(source, f"{job.id}-{STEP_METRICS}", RESULTS, digest, window).id
