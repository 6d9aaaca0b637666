"""`trivium train`: learn a file of rows, here or on another server, and say the name of what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.console import Console

from finetune.data.metrics import judge_of, metric_of
from finetune.errors import FinetuneError
from finetune.session import Validation
from generation.catalog import Parts, is_remote
from generation.errors import GenerationError
from service.commands.messages import BAD_INPUT, console, fail, settings_from
from service.commands.train_wish import TrainWish, body_of, files_of
from service.errors import ServiceError
from service.fine_tuning_admission import slug
from service.fine_tuning_fit import check_fit
from service.fine_tuning_order import order_of
from service.jobs.training_files import TrainingData, check_data, sentence
from service.schemas.fine_tuning_body import CreateJob
from service.settings import Settings
from service.storage.fine_tuning import TRAINING, VALIDATION
from service.wiring import build_backend, build_catalog

if TYPE_CHECKING:
    from rich.status import Status

    from finetune.backends.port import Event, Listener, Trained


def run_train(wish: TrainWish) -> None:
    """Train, tell how it goes, and print the name of the model."""
    settings = settings_from()
    try:
        _train(wish, settings)
    except (FinetuneError, GenerationError, ServiceError) as error:
        fail(str(error), BAD_INPUT)


def _train(wish: TrainWish, settings: Settings) -> None:
    parts = None if is_remote(wish.model) else build_catalog(settings).parts(wish.model)
    body, data = checked(wish, parts)
    base = parts.base if parts else None
    order = order_of(body, data, base, wish.seed, slug(wish.suffix or wish.file.stem))
    with console.status("training") as status:
        done = build_backend(settings, wish.model).train(order, listener(status))
    _tell_score(settings, done, data)
    typer.echo(f"The model is {done.model}")


def checked(wish: TrainWish, parts: Parts | None) -> tuple[CreateJob, TrainingData]:
    """The wish as a client would post it, and its files; tells what is doubtful in them.

    Raises:
        ServiceError: dials that do not fit the model, or files with faults that were not accepted.
    """
    body, data = body_of(wish), files_of(wish)
    check_fit(body, parts)
    for report in check_data(data, body, parts.base if parts else None):
        for finding in report.findings:
            if finding.severity == "warning":
                console.print(f"warning: {sentence(finding)}", markup=False, highlight=False, soft_wrap=True)
    return body, data


def listener(status: Status) -> Listener:
    """Shows every event for a moment; what is not about a step stays, once."""
    told = set[str]()

    def tell(event: Event) -> None:
        status.update(event.message)
        if event.data is None and event.message not in told:
            told.add(event.message)
            console.print(event.message, markup=False, highlight=False, soft_wrap=True)

    return tell


def metric_name(data: TrainingData) -> str:
    """What the scores on the validation rows are called."""
    return "entity_f1" if data.training.kind == "tags" else metric_of(data.files[VALIDATION].rows).name


def _tell_score(settings: Settings, done: Trained, data: TrainingData) -> None:
    if VALIDATION not in data.files:
        return
    score: float | None
    if data.training.kind == "tags" and done.manifest:
        score = done.manifest.scores[(done.manifest.best_epoch or 1) - 1]
    else:
        from finetune.backends.score import score_of

        asked = Validation(data.said(VALIDATION, TRAINING), judge_of(data.files[VALIDATION].rows))
        score = score_of(build_catalog(settings).open(done.model), asked)
    if score is not None:
        Console().print(f"{metric_name(data)} on the validation rows: {score:.3f}", highlight=False)
