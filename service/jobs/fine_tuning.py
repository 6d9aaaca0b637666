"""The two tasks of a fine-tuning job: its files are checked, and it is trained, tried out and registered."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune.errors import DamagedCheckpoint
from finetune.progress import Progress
from finetune.session import Session, Wish
from generation.families import family_of
from generation.language_model import Request
from service.jobs.stop_signal import StopSignal
from service.jobs.training_events import TrainingDiary
from service.jobs.training_files import TrainingData, check_data, read_files, sentence
from service.jobs.training_run import TrainingRun, is_finished, manifest_of
from service.schemas.fine_tuning_body import CreateJob
from service.settings import Settings
from service.storage.clock import now
from service.storage.data_dir import DataDir
from service.storage.fine_tuning import FineTuningSpec, checkpoint_folder, model_folder
from service.storage.job import Job
from service.wiring import build_catalog

if TYPE_CHECKING:
    from finetune.data.tokens import Encoder

CHECKPOINT_SECONDS = 10.0
KEPT_EPOCHS = 3
"""Epochs of which the model is kept beside the finished one, as OpenAI does."""
TRIED_TOKENS = 16
RESULTS = "fine-tune-results"


def check_files(settings: Settings, data: DataDir, job: Job) -> None:
    """Read and check the files of a job, and tell what was found.

    Raises:
        InvalidTrainingFile, InvalidValidationFile: rows that cannot be learned from.
        GenerationError: the model that shall be trained on cannot be read.
    """
    spec = FineTuningSpec.of(job)
    body = CreateJob.model_validate(spec.body)
    base = build_catalog(settings).parts(body.model).base
    diary = TrainingDiary(data.jobs, job.id)
    files = read_files(data.folder("fine_tuning", job.id), spec.names)
    reports = check_data(files, body, family_of(base), counter_for(base))
    for finding in (finding for report in reports for finding in report.findings):
        diary.say(sentence(finding), level="info" if finding.severity == "info" else "warn")
    rows = sum(report.rows for report in reports)
    tokens = sum(report.tokens.read for report in reports if report.tokens)
    counted = f" with {tokens:,} tokens" if tokens else ""
    diary.say(f"Files validated: {rows:,} rows{counted}; moving job to queued state")


def counter_for(base: Path) -> Encoder | None:
    """What counts the tokens of conversations; an encoder reads none."""
    from finetune.data.encoders import load_encoder

    return None if family_of(base) == "encoder" else load_encoder(base)


def train_job(settings: Settings, data: DataDir, job: Job, stop: StopSignal) -> dict[str, Any]:
    """Train, ask the finished model once as serving does, and write down what came of it.

    Raises:
        Stopped: the signal said so; the checkpoint is kept.
        FinetuneError, GenerationError: it cannot be trained.
    """
    spec = FineTuningSpec.of(job)
    files = read_files(data.folder("fine_tuning", job.id), spec.names)
    diary = TrainingDiary(data.jobs, job.id)
    out = model_folder(data, job)
    if not is_finished(out):
        _train(settings, data, job, files, _Wishes(stop, diary))
    manifest = manifest_of(out)
    _try_out(settings, job, files, diary)
    diary.say(f"New fine-tuned model created: {job.model_name}")
    return {
        "trained_tokens": manifest.trained_tokens,
        "result_file": _publish(data, job, out),
        "weights_hash": manifest.weights_hash,
        "best_epoch": manifest.best_epoch,
        "ending": manifest.ending,
    }


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What the client wants of a running training: implements finetune's `Control`."""

    stop: StopSignal
    diary: TrainingDiary

    def wish(self) -> Wish:
        if not self.stop():
            return Wish.GO_ON
        return Wish.PAUSE if self.stop.reason == "paused" else Wish.CANCEL


def _train(settings: Settings, data: DataDir, job: Job, files: TrainingData, wishes: _Wishes) -> None:
    spec = FineTuningSpec.of(job)
    body = CreateJob.model_validate(spec.body)
    checkpoints = data.folder("fine_tuning", job.id) / "checkpoints"
    run = TrainingRun(build_catalog(settings).parts(body.model), body, files, spec.seed)
    wishes.diary.begin(run.recipe, run.rows)
    session = Session(
        on_step=wishes.diary.step,
        control=wishes,
        checkpoints=checkpoints,
        every=CHECKPOINT_SECONDS,
        on_epoch=_keeper(data, job, wishes.diary),
    )
    out = model_folder(data, job)
    try:
        run.train(out, session, wishes.diary.say)
    except DamagedCheckpoint:
        wishes.diary.say("The checkpoint is damaged; the training begins anew.", level="warn")
        shutil.rmtree(checkpoints)
        run.train(out, session, wishes.diary.say)


def _keeper(
    data: DataDir, job: Job, diary: TrainingDiary
) -> Callable[[Progress, Callable[[Path], None]], None]:
    """Keeps the models of the last epochs."""

    def keep(told: Progress, write: Callable[[Path], None]) -> None:
        write(checkpoint_folder(data, job, told.step))
        for step in diary.checkpoint(told)[KEPT_EPOCHS:]:
            shutil.rmtree(checkpoint_folder(data, job, step), ignore_errors=True)

    return keep


def _try_out(settings: Settings, job: Job, files: TrainingData, diary: TrainingDiary) -> None:
    """The canary: the catalog opens the model as it does for chats, and the model answers."""
    assert job.model_name is not None
    model = build_catalog(settings).open(job.model_name)
    messages = files.asked
    if messages:
        room = min(TRIED_TOKENS, model.context_window - model.count_tokens(messages))
        [answer] = model.generate([Request(messages, max_tokens=room)])
        diary.say("The model was loaded and asked as it will be served", {"answer": answer.text})


def _publish(data: DataDir, job: Job, out: Path) -> str:
    """The result file's id; the same one when this is done again after a crash."""
    table = out / "step_metrics.csv"
    digest = sha256(table.read_bytes()).hexdigest()
    window = now() - job.created_at + 60
    with table.open("rb") as source:
        return data.files.create(source, f"{job.id}-step_metrics.csv", RESULTS, digest, window).id
