"""A search for the rank, the learning rate and the number of epochs, by successive halving.

Every candidate is trained with few epochs; the better half again with twice as many, and so on (Jamieson
and Talwalkar 2016). Each training is whole: its learning rate falls to zero, and its adapter can be used.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

from finetune.activations import Activations
from finetune.backends.learning import learned
from finetune.backends.port import Event, Listener, Order
from finetune.errors import Diverged, RecipeError, TrainingError
from finetune.progress import metrics_of
from finetune.recipe import Recipe
from finetune.session import Session
from generation.catalog import Parts

RANKS = (4, 16, 64)
RATES = (0.5, 1.0, 2.0)
"""Multiples of the learning rate that the recipe would take."""
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Trial:
    """One finished training."""

    recipe: Recipe
    folder: Path
    """What it made."""
    score: float | None
    """The task metric on the validation rows, where there is a judge."""
    loss: float
    """On the validation rows."""
    seconds: float

    @property
    def rating(self) -> tuple[float, float]:
        """Higher is better."""
        return (self.score or 0.0, -self.loss)


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched on.

    Raises:
        RecipeError: there is nothing to search for.
    """

    parts: Parts
    """A base; an adapter has its rank already."""
    order: Order
    """Rows to learn and rows to measure on; of its recipe all other dials, and the most epochs."""
    folder: Path
    """Where trials lie: finished ones are not trained again."""
    ranks: Sequence[int] = RANKS
    rates: Sequence[float] = RATES
    activations: Activations = field(default_factory=Activations)
    """What layers that learn in no trial make of the rows, computed by the first."""

    def __post_init__(self) -> None:
        if self.order.recipe.method == "head":
            raise RecipeError("A head is fitted in one go, and has no dials to search for; train it instead.")

    @property
    def first(self) -> list[Recipe]:
        """The candidates of the first round; where all weights of a layer learn, there is no rank."""
        ranks = (self.order.recipe.rank,) if self.order.recipe.method == "full" else self.ranks
        dials = product(ranks, self.rates)
        return [replace(self.order.recipe, rank=rank, rate_multiplier=rate) for rank, rate in dials]

    @property
    def counts(self) -> dict[int, int]:
        """How many trainings there are, by their epochs."""
        rounds = enumerate(rungs(self.order.recipe.epochs))
        return {epochs: math.ceil(len(self.first) / 2**at) for at, epochs in rounds}

    @property
    def as_one(self) -> Order:
        """One training with the epochs of all, for an estimate."""
        epochs = sum(epochs * count for epochs, count in self.counts.items())
        largest = max(recipe.rank for recipe in self.first)
        return replace(self.order, recipe=replace(self.order.recipe, rank=largest, epochs=epochs))


def tune(search: Search, tell: Listener = lambda _: None) -> list[Trial]:
    """All trials, the best first; `tell` hears how each of them goes.

    Raises:
        DatasetError, RecipeError, GenerationError: as a backend does.
        TrainingError: no trial came to an end.
    """
    candidates, done = search.first, list[Trial]()
    for epochs in rungs(search.order.recipe.epochs):
        trials = [_run(search, replace(recipe, epochs=epochs), tell) for recipe in candidates]
        ended = sorted((t for t in trials if t is not None), key=lambda t: t.rating, reverse=True)
        done += ended
        candidates = [trial.recipe for trial in ended[: math.ceil(len(ended) / 2)]]
    if not done:
        raise TrainingError("No training came to an end; search with lower learning rates.")
    return sorted(done, key=lambda trial: trial.rating, reverse=True)


def rungs(most: int) -> list[int]:
    """Epochs of each round, fewest first, each twice as many as before."""
    return sorted({max(1, most >> at) for at in range(ROUNDS)})


def _run(search: Search, recipe: Recipe, tell: Listener) -> Trial | None:
    name = f"rank-{recipe.rank}-rate-{recipe.rate_multiplier:g}-epochs-{recipe.epochs}"
    session = Session(
        on_step=lambda step: tell(Event(f"{name}: step {step.step}/{step.steps}", data=metrics_of(step))),
        checkpoints=search.folder / f"{name}-checkpoints",
        activations=search.activations,
    )
    order, folder = replace(search.order, recipe=recipe), search.folder / name
    try:
        made = learned(order, search.parts, folder, session, tell)
    except Diverged as error:
        tell(Event(f"{name}: {error}", "warn"))
        return None
    at = (made.best_epoch or 1) - 1
    score = made.scores[at] if made.scores else None
    return Trial(recipe, folder, score, made.validation_losses[at], made.seconds)
