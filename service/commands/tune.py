"""`trivium tune`: look for the rank, the learning rate and the epochs that fit a data set."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from finetune.data.examples import label_list, training_example
from finetune.data.metrics import judge_of, metric_of
from finetune.data.rows import Row, as_json
from finetune.data.splitting import split_rows
from finetune.errors import FinetuneError
from finetune.naming import trained_name
from finetune.recipe import Recipe
from finetune.session import Validation
from generation.adapter_folder import adapter_path
from generation.errors import GenerationError
from generation.fingerprint import folder_hash
from service.commands.data import read_or_fail
from service.commands.messages import BAD_INPUT, console, fail, settings_from
from service.fine_tuning_admission import slug
from service.wiring import build_catalog

if TYPE_CHECKING:
    from finetune.tuning import Trial

SHARE = 0.2
"""Of the rows that are measured on, where no other file is given."""


@dataclass(frozen=True, slots=True)
class TuneWish:
    """What the command was asked for."""

    file: Path
    validation: Path | None
    model: str
    epochs: int | None
    seed: int


def run_tune(wish: TuneWish) -> None:
    """Search, tell every trial, and make the best one a model of the catalog."""
    training, aside = _sides(wish)
    settings = settings_from()
    try:
        base = build_catalog(settings).folder(wish.model)
        folder = settings.data_dir / "tunings" / _key(wish, folder_hash(base), training, aside)
        trials = _search(wish, base, training, aside, folder)
    except (FinetuneError, GenerationError) as error:
        fail(str(error), BAD_INPUT)
    Console().print(_table(trials, metric_of(aside).name))
    best = trials[0].folder
    name = trained_name(wish.model, slug(wish.file.stem), folder_hash(best))
    target = adapter_path(settings.data_dir / "adapters", name)
    if not target.exists():
        _copy_whole(best, target)
    typer.echo(f"The best one is the model {name}")


def _sides(wish: TuneWish) -> tuple[Sequence[Row], Sequence[Row]]:
    rows = read_or_fail(wish.file).rows
    if wish.validation is not None:
        return rows, read_or_fail(wish.validation).rows
    split = split_rows(rows, SHARE, wish.seed)
    if not split.training or not split.validation:
        fail(f"{wish.file}: there are too few rows to train on some and measure on others.", BAD_INPUT)
    return split.training, split.validation


def _search(
    wish: TuneWish, base: Path, training: Sequence[Row], aside: Sequence[Row], folder: Path
) -> list[Trial]:
    from finetune.tuning import Search, tune

    labels = label_list(training)
    recipe = Recipe.for_size(len(training), seed=wish.seed)
    if wish.epochs is not None:
        recipe = replace(recipe, epochs=wish.epochs)
    search = Search(
        base=base,
        examples=[training_example(row, labels) for row in training],
        validation=Validation([training_example(row, labels) for row in aside], judge_of(aside)),
        recipe=recipe,
        folder=folder,
    )
    with console.status("training") as status:
        return tune(search, lambda trial: status.update(_said(trial)))


def _said(trial: Trial | None) -> str:
    if trial is None:
        return "a loss was no number; going on with the others"
    return f"{trial.folder.name}: loss {trial.loss:.3f}"


def _key(wish: TuneWish, base: str, training: Sequence[Row], aside: Sequence[Row]) -> str:
    """The same search finds its finished trials again."""
    digest = sha256(f"{base}/{wish.seed}".encode())
    for row in (*training, *aside):
        digest.update(as_json(row).encode() + b"\n")
    return digest.hexdigest()[:16]


def _copy_whole(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(source, draft)
    draft.replace(target)


def _table(trials: Sequence[Trial], metric: str) -> Table:
    """All trials side by side, the best first."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("rank", "rate", "epochs", metric, "loss", "seconds"):
        table.add_column(Text(name), justify="right")
    for trial in trials:
        score = "" if trial.score is None else f"{trial.score:.3f}"
        dials = (f"{trial.recipe.rank}", f"x{trial.recipe.rate_multiplier:g}", f"{trial.recipe.epochs}")
        table.add_row(*dials, score, f"{trial.loss:.3f}", f"{trial.seconds:.1f}")
    return table
