"""`trivium train`: learn a file of rows, here or on another server, and say the name of what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from finetune.data.examples import label_list, training_example
from finetune.data.metrics import judge_of, metric_of
from finetune.data.rows import Row
from finetune.errors import FinetuneError
from finetune.recipe import Recipe
from finetune.session import Validation
from generation.catalog import is_remote
from generation.errors import GenerationError
from service.commands.data import read_or_fail
from service.commands.messages import BAD_INPUT, console, fail, settings_from
from service.commands.train_here import train_here
from service.commands.train_wish import TrainWish
from service.errors import ServiceError
from service.fine_tuning_admission import slug
from service.wiring import build_backend

if TYPE_CHECKING:
    from finetune.backends.port import Order


def run_train(wish: TrainWish) -> None:
    """Train, tell how it goes, and print the name of the model."""
    try:
        if is_remote(wish.model):
            _train_there(wish)
        else:
            train_here(wish)
    except (FinetuneError, GenerationError, ServiceError) as error:
        fail(str(error), BAD_INPUT)


def _train_there(wish: TrainWish) -> None:
    if wish.local.given:
        fail(
            "Another server is told --epochs, --suffix and --seed alone; leave the others out.",
            BAD_INPUT,
        )
    training = read_or_fail(wish.file).rows
    aside = read_or_fail(wish.validation).rows if wish.validation else ()
    with console.status("training") as status:
        backend = build_backend(settings_from(), wish.model)
        done = backend.train(_order(wish, training, aside), lambda event: status.update(event.message))
    if done.score is not None:
        Console().print(f"{metric_of(aside).name} on the validation rows: {done.score:.3f}", highlight=False)
    typer.echo(f"The model is {done.model}")


def _order(wish: TrainWish, training: Sequence[Row], aside: Sequence[Row]) -> Order:
    from finetune.backends.port import Order

    labels = label_list(training)
    recipe = Recipe.for_size(len(training), seed=wish.seed)
    return Order(
        examples=[training_example(row, labels) for row in training],
        recipe=recipe if wish.epochs is None else replace(recipe, epochs=wish.epochs),
        validation=Validation(
            [training_example(row, labels) for row in aside], judge_of(aside) if aside else None
        ),
        suffix=slug(wish.suffix or wish.file.stem),
        data_may_leave=wish.data_may_leave,
    )
