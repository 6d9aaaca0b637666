"""What `trivium train` was asked for, and the same as a client would post it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from finetune.gate import BOUND
from finetune.replay import SHARE
from generation.faults import first_fault
from service.commands.data import read_or_fail
from service.commands.messages import BAD_INPUT, fail
from service.jobs.training_files import TrainingData
from service.schemas.fine_tuning_body import CreateJob
from service.storage.fine_tuning import GATE, MIXTURE, REPLAY, TRAINING, VALIDATION

FILE = "FILE"
"""What the body of a job calls the file that is always there."""


@dataclass(frozen=True, slots=True)
class TrainWish:
    """A training, here or on another server; files may carry a number, as in FILE=0.3."""

    file: Path
    validation: Path | None
    model: str
    epochs: int | None
    suffix: str
    seed: int
    kind: str | None
    layers: int | None
    accept: Sequence[str]
    rank: int | None = None
    mode: str | None = None
    mix: Sequence[str] = ()
    replay: str | None = None
    gate: str | None = None
    data_may_leave: bool = False


def files_of(wish: TrainWish) -> TrainingData:
    """All files that it names, or a message about the first that cannot be read."""
    paths = {TRAINING: wish.file, VALIDATION: wish.validation}
    paths |= {MIXTURE + mixed: _numbered(mixed, 1.0)[0] for mixed in wish.mix}
    for name, given in ((REPLAY, wish.replay), (GATE, wish.gate)):
        paths[name] = _numbered(given, 0.0)[0] if given else None
    return TrainingData({name: read_or_fail(path) for name, path in paths.items() if path is not None})


def body_of(wish: TrainWish) -> CreateJob:
    """The same wish as a client would post it."""
    recipe = {"kind": wish.kind, "rank": wish.rank, "layers": wish.layers}
    asked: dict[str, Any] = {
        "model": wish.model,
        "training_file": FILE,
        "validation_file": str(wish.validation) if wish.validation else None,
        "hyperparameters": {"n_epochs": wish.epochs},
        "recipe": {name: value for name, value in recipe.items() if value is not None},
        "parent_mode": wish.mode,
        "mixture": {FILE: 1.0} | {one: _numbered(one, 1.0)[1] for one in wish.mix} if wish.mix else None,
        "accept_findings": list(wish.accept),
        "data_may_leave": wish.data_may_leave,
    }
    if wish.replay:
        path, share = _numbered(wish.replay, SHARE)
        asked["replay"] = {"file": str(path), "share": share}
    if wish.gate:
        path, bound = _numbered(wish.gate, BOUND)
        asked["gate"] = {"file": str(path), "bound": bound}
    try:
        return CreateJob.model_validate(asked)
    except ValidationError as error:
        fail(str(first_fault(error.errors(), asked)), BAD_INPUT)


def _numbered(given: str, usual: float) -> tuple[Path, float]:
    """A file, and the number that may stand after it: FILE=0.3."""
    path, _, number = given.rpartition("=")
    try:
        return (Path(path), float(number)) if path else (Path(given), usual)
    except ValueError:
        return Path(given), usual
