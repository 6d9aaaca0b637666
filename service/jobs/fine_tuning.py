"""The two tasks of a fine-tuning job: its files are checked, and it is trained, tried out and registered."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune import adapter
from finetune.dataset import TrainingExample
from finetune.errors import DamagedCheckpoint
from finetune.progress import Progress
from finetune.session import Parent, Session, Wish
from generation.adapter_folder import MANIFEST, MODEL_MANIFEST
from generation.language_model import Request
from service.fine_tuning_recipe import recipe_of
from service.jobs.stop_signal import StopSignal
from service.jobs.training_events import TrainingDiary
from service.jobs.training_files import TrainingData, check_data, read_files, sentence
from service.schemas.fine_tuning_body import CreateJob
from service.settings import Settings
from service.storage.clock import now
from service.storage.data_dir import DataDir
from service.storage.fine_tuning import FineTuningSpec, checkpoint_folder, model_folder
from service.storage.job import Job
from service.wiring import build_catalog

if TYPE_CHECKING:
    from generation.catalog import Parts

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
    from finetune.data.encoders import load_encoder

    spec = FineTuningSpec.of(job)
    body = CreateJob.model_validate(spec.body)
    diary = TrainingDiary(data.jobs, job.id)
    files = read_files(data.folder("fine_tuning", job.id), spec)
    encoder = load_encoder(build_catalog(settings).parts(body.model).base)
    report = check_data(files, body, encoder)
    for finding in report.findings:
        diary.say(sentence(finding), level="info" if finding.severity == "info" else "warn")
    tokens = report.tokens.read if report.tokens else 0
    diary.say(f"Files validated: {report.rows:,} rows with {tokens:,} tokens; moving job to queued state")


def train_job(settings: Settings, data: DataDir, job: Job, stop: StopSignal) -> dict[str, Any]:
    """Train, ask the finished model once as serving does, and write down what came of it.

    Raises:
        Stopped: the signal said so; the checkpoint is kept.
        FinetuneError, GenerationError: it cannot be trained.
    """
    spec = FineTuningSpec.of(job)
    files = read_files(data.folder("fine_tuning", job.id), spec)
    diary = TrainingDiary(data.jobs, job.id)
    out = model_folder(data, job)
    if not _is_finished(out):
        _train(settings, data, job, files, _Wishes(stop, diary))
    manifest = _manifest(out)
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
    from finetune.training import train_adapter

    spec = FineTuningSpec.of(job)
    body = CreateJob.model_validate(spec.body)
    parts = build_catalog(settings).parts(body.model)
    checkpoints = data.folder("fine_tuning", job.id) / "checkpoints"
    examples = files.examples
    recipe = recipe_of(body, len(examples), spec.seed)
    wishes.diary.begin(recipe, len(examples))
    session = Session(
        on_step=wishes.diary.step,
        control=wishes,
        checkpoints=checkpoints,
        every=CHECKPOINT_SECONDS,
        on_epoch=_keeper(data, job, wishes.diary),
    )

    def learn() -> None:
        train_adapter(
            parts.base,
            examples,
            recipe,
            model_folder(data, job),
            validation=files.aside,
            parent=_parent(parts, body),
            session=session,
        )

    try:
        learn()
    except DamagedCheckpoint:
        wishes.diary.say("The checkpoint is damaged; the training begins anew.", level="warn")
        shutil.rmtree(checkpoints)
        learn()


def _parent(parts: Parts, body: CreateJob) -> Parent | None:
    return Parent(parts.adapter, body.parent_mode or "continue") if parts.adapter else None


def _keeper(
    data: DataDir, job: Job, diary: TrainingDiary
) -> Callable[[Progress, Callable[[Path], None]], None]:
    """Keeps the models of the last epochs."""

    def keep(told: Progress, write: Callable[[Path], None]) -> None:
        write(checkpoint_folder(data, job, told.step))
        for step in diary.checkpoint(told)[KEPT_EPOCHS:]:
            shutil.rmtree(checkpoint_folder(data, job, step), ignore_errors=True)

    return keep


def _is_finished(out: Path) -> bool:
    return (out / MANIFEST).exists() or (out / MODEL_MANIFEST).exists()


def _manifest(out: Path) -> adapter.Manifest:
    if (out / MODEL_MANIFEST).exists():
        return adapter.read_trained_model(out)
    return adapter.read(out)


def _try_out(settings: Settings, job: Job, files: TrainingData, diary: TrainingDiary) -> None:
    """The canary: the catalog opens the model as it does for chats, and the model answers."""
    assert job.model_name is not None
    model = build_catalog(settings).open(job.model_name)
    row = next((e for e in files.examples if isinstance(e, TrainingExample)), None)
    if row is not None:
        room = min(TRIED_TOKENS, model.context_window - model.count_tokens(row.messages[:-1]))
        [answer] = model.generate([Request(row.messages[:-1], max_tokens=room)])
        diary.say("The model was loaded and asked as it will be served", {"answer": answer.text})


def _publish(data: DataDir, job: Job, out: Path) -> str:
    """The result file's id; the same one when this is done again after a crash."""
    table = out / "step_metrics.csv"
    digest = sha256(table.read_bytes()).hexdigest()
    window = now() - job.created_at + 60
    with table.open("rb") as source:
        return data.files.create(source, f"{job.id}-step_metrics.csv", RESULTS, digest, window).id
