"""A training on this machine for `trivium train`, with every dial that jobs have."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import typer
from pydantic import ValidationError
from rich.console import Console

from finetune.data.metrics import judge_of, metric_of
from finetune.data.rows import as_json
from finetune.gate import BOUND
from finetune.replay import SHARE
from finetune.session import Session, Validation
from generation.adapter_folder import adapter_path
from generation.catalog import Catalog, Parts
from generation.families import family_of
from generation.fingerprint import folder_hash
from service.commands.data import read_or_fail
from service.commands.messages import BAD_INPUT, console, fail, settings_from
from service.commands.train_wish import TrainWish
from service.fine_tuning_admission import PROJECT, root_of, slug
from service.fine_tuning_fit import check_fit
from service.jobs.fine_tuning import counter_for
from service.jobs.training_files import TrainingData, check_data, sentence
from service.jobs.training_run import TrainingRun, is_finished, manifest_of
from service.schemas.fine_tuning_body import CreateJob
from service.storage.fine_tuning import GATE, MIXTURE, REPLAY, TRAINING, VALIDATION
from service.wiring import build_catalog

FILE = "FILE"
"""What the body of a job calls the file that is always there."""


def train_here(wish: TrainWish) -> None:
    """Train, tell how it goes, and print the name of the model.

    Raises:
        FinetuneError, GenerationError, ServiceError: it cannot be trained.
    """
    settings = settings_from()
    catalog = build_catalog(settings)
    parts, body, data = catalog.parts(wish.model), _body(wish), TrainingData(_files(wish))
    check_fit(body, parts)
    _check(body, data, parts)
    key = _key(parts, body, data)
    name = f"ft:{root_of(parts)}:{PROJECT}:{slug(wish.suffix or wish.file.stem)}:{key[:8]}"
    out = adapter_path(settings.data_dir / "adapters", name)
    if not is_finished(out):
        with console.status("training") as status:
            session = Session(
                on_step=lambda at: status.update(f"Step {at.step}/{at.steps}: training loss={at.loss:.2f}"),
                checkpoints=settings.data_dir / "trainings" / key,
            )
            TrainingRun(parts, body, data, wish.seed).train(out, session, console.print)
    _tell_score(catalog, name, out, data)
    typer.echo(f"The model is {name}")


def _files(wish: TrainWish) -> dict[str, Any]:
    dials = wish.local
    paths = {TRAINING: wish.file, VALIDATION: wish.validation}
    paths |= {MIXTURE + mixed: _numbered(mixed, 1.0)[0] for mixed in dials.mix}
    for name, given in ((REPLAY, dials.replay), (GATE, dials.gate)):
        paths[name] = _numbered(given, 0.0)[0] if given else None
    return {name: read_or_fail(path) for name, path in paths.items() if path is not None}


def _body(wish: TrainWish) -> CreateJob:
    """The same wish as a client would post it."""
    dials = wish.local
    recipe = {"kind": dials.kind, "rank": dials.rank, "layers": dials.layers}
    asked: dict[str, Any] = {
        "model": wish.model,
        "training_file": FILE,
        "validation_file": str(wish.validation) if wish.validation else None,
        "hyperparameters": {"n_epochs": wish.epochs},
        "recipe": {name: value for name, value in recipe.items() if value is not None},
        "parent_mode": dials.mode,
        "mixture": {FILE: 1.0} | {one: _numbered(one, 1.0)[1] for one in dials.mix} if dials.mix else None,
        "accept_findings": list(dials.accept),
    }
    if dials.replay:
        path, share = _numbered(dials.replay, SHARE)
        asked["replay"] = {"file": str(path), "share": share}
    if dials.gate:
        path, bound = _numbered(dials.gate, BOUND)
        asked["gate"] = {"file": str(path), "bound": bound}
    try:
        return CreateJob.model_validate(asked)
    except ValidationError as error:
        fault = error.errors(include_input=False)[0]
        fail(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}", BAD_INPUT)


def _numbered(given: str, usual: float) -> tuple[Path, float]:
    """A file, and the number that may stand after it: FILE=0.3."""
    path, _, number = given.rpartition("=")
    try:
        return (Path(path), float(number)) if path else (Path(given), usual)
    except ValueError:
        return Path(given), usual


def _check(body: CreateJob, data: TrainingData, parts: Parts) -> None:
    for report in check_data(data, body, family_of(parts.base), counter_for(parts.base)):
        for finding in report.findings:
            if finding.severity == "warning":
                console.print(f"warning: {sentence(finding)}", markup=False, highlight=False, soft_wrap=True)


def _key(parts: Parts, body: CreateJob, data: TrainingData) -> str:
    """The same training finds its checkpoint, or what came of it."""
    made = folder_hash(parts.adapter) if parts.adapter else ""
    digest = sha256(f"{folder_hash(parts.base)}/{made}/{body.model_dump_json()}".encode())
    for name, dataset in data.files.items():
        digest.update(f"/{name}/".encode())
        for row in dataset.rows:
            digest.update(as_json(row).encode("utf-8", "replace") + b"\n")
    return digest.hexdigest()


def _tell_score(catalog: Catalog, name: str, out: Path, data: TrainingData) -> None:
    if VALIDATION not in data.files:
        return
    score: float | None
    if data.training.kind == "tags":
        made = manifest_of(out)
        metric, score = "entity_f1", made.scores[(made.best_epoch or 1) - 1]
    else:
        from finetune.backends.score import score_of

        rows = data.files[VALIDATION].rows
        asked = Validation(data.said(VALIDATION, TRAINING), judge_of(rows))
        metric, score = metric_of(rows).name, score_of(catalog.open(name), asked)
    if score is not None:
        Console().print(f"{metric} on the validation rows: {score:.3f}", highlight=False)
