"""`trivium tune`: look for the rank, the learning rate and the epochs that fit a data set."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from finetune.adapter import whole_folder
from finetune.data.splitting import split_rows
from finetune.errors import FinetuneError
from finetune.naming import root_of, trained_name
from generation.adapter_folder import adapter_path
from generation.catalog import Parts
from generation.errors import GenerationError
from generation.fingerprint import folder_hash
from service.commands.messages import BAD_INPUT, console, fail, settings_from
from service.commands.train import checked, listener, metric_name
from service.commands.train_wish import TrainWish
from service.errors import ServiceError
from service.fine_tuning_admission import slug
from service.fine_tuning_order import order_of
from service.jobs.training_files import TrainingData
from service.settings import Settings
from service.storage.fine_tuning import TRAINING, VALIDATION
from service.wiring import build_catalog

if TYPE_CHECKING:
    from finetune.tuning import Search, Trial

SHARE = 0.2
"""Of the rows that are measured on, where no other file is given."""


def run_tune(wish: TrainWish) -> None:
    """Search, tell every trial, and make the best one a model of the catalog."""
    settings = settings_from()
    try:
        _tune(wish, settings)
    except (FinetuneError, GenerationError, ServiceError) as error:
        fail(str(error), BAD_INPUT)


def _tune(wish: TrainWish, settings: Settings) -> None:
    from finetune.backends.learning import order_key
    from finetune.tuning import Search, tune

    parts = Parts(wish.model, build_catalog(settings).folder(wish.model))
    body, given = checked(wish, parts)
    data, suffix = _with_rows_aside(wish, given), slug(wish.file.stem)
    order = order_of(body, data, parts.base, wish.seed, suffix)
    folder = settings.data_dir / "tunings" / order_key(order, parts)[:16]
    search = Search(parts, order, folder)
    with console.status("training") as status:
        if not folder.exists():
            _tell_cost(search)
        trials = tune(search, listener(status))
    is_judged = trials[0].score is not None
    Console().print(_table(trials, metric_name(data) if is_judged else ""))
    best = trials[0].folder
    name = trained_name(root_of(parts), suffix, folder_hash(best))
    made = adapter_path(settings.data_dir / "adapters", name)
    if not made.exists():
        with whole_folder(made) as part:
            shutil.copytree(best, part, dirs_exist_ok=True)
    typer.echo(f"The best one is the model {name}")


def _tell_cost(search: Search) -> None:
    from finetune.estimate import estimate

    told = estimate(search.parts.base, search.as_one).sentence
    trainings = sum(search.counts.values())
    told = f"Estimate: {told} of {trainings} trainings, and the base is loaded for each"
    console.print(told, markup=False, highlight=False, soft_wrap=True)


def _with_rows_aside(wish: TrainWish, data: TrainingData) -> TrainingData:
    if VALIDATION in data.files:
        return data
    split = split_rows(data.training.rows, SHARE, wish.seed)
    if not split.training or not split.validation:
        fail(f"{wish.file}: there are too few rows to train on some and measure on others.", BAD_INPUT)
    sides = {TRAINING: split.training, VALIDATION: split.validation}
    return TrainingData({name: data.training.with_rows(rows) for name, rows in sides.items()})


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
