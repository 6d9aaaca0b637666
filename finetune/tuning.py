"""A search for the rank, the learning rate and the number of epochs, by successive halving.

Every candidate is trained with few epochs; the better half again with twice as many, and so on (Jamieson
and Talwalkar 2016). Each training is whole: its learning rate falls to zero, and its adapter can be used.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from finetune import adapter
from finetune.dataset import Example
from finetune.errors import Diverged, TrainingError
from finetune.recipe import Recipe
from finetune.session import Session, Validation
from finetune.training import train_adapter
from generation.adapter_folder import MANIFEST

RANKS = (4, 16, 64)
RATES = (0.5, 1.0, 2.0)
"""Multiples of the learning rate that the recipe would take."""
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Trial:
    """One finished training."""

    recipe: Recipe
    folder: Path
    """Its adapter."""
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
    """What is searched on."""

    base: Path
    examples: Sequence[Example]
    validation: Validation
    recipe: Recipe
    """All other dials, and the most epochs."""
    folder: Path
    """Where trials lie: finished ones are not trained again."""
    ranks: Sequence[int] = RANKS
    rates: Sequence[float] = RATES


def tune(search: Search, on_trial: Callable[[Trial | None], None] = lambda _: None) -> list[Trial]:
    """All trials, the best first; `on_trial` is told each, and None for one whose loss was no number.

    Raises:
        DatasetError, RecipeError, ModelUnavailableError: as `train_adapter` does.
        TrainingError: no trial came to an end.
    """
    candidates = [
        replace(search.recipe, rank=rank, rate_multiplier=rate)
        for rank, rate in product(search.ranks, search.rates)
    ]
    done: list[Trial] = []
    for epochs in rungs(search.recipe.epochs):
        trials = [_run(search, replace(recipe, epochs=epochs), on_trial) for recipe in candidates]
        ended = sorted((t for t in trials if t is not None), key=lambda t: t.rating, reverse=True)
        done += ended
        candidates = [trial.recipe for trial in ended[: math.ceil(len(ended) / 2)]]
    if not done:
        raise TrainingError("No training came to an end; search with lower learning rates.")
    return sorted(done, key=lambda trial: trial.rating, reverse=True)


def rungs(most: int) -> list[int]:
    """Epochs of each round, fewest first, each twice as many as before."""
    return sorted({max(1, most >> at) for at in range(ROUNDS)})


def _run(search: Search, recipe: Recipe, on_trial: Callable[[Trial | None], None]) -> Trial | None:
    name = f"rank-{recipe.rank}-rate-{recipe.rate_multiplier:g}-epochs-{recipe.epochs}"
    folder = search.folder / name
    if not (folder / MANIFEST).exists():
        session = Session(checkpoints=search.folder / f"{name}-checkpoints")
        try:
            train_adapter(
                search.base,
                search.examples,
                recipe,
                folder,
                validation=search.validation,
                session=session,
            )
        except Diverged:
            on_trial(None)
            return None
    trial = _trial(recipe, folder)
    on_trial(trial)
    return trial


def _trial(recipe: Recipe, folder: Path) -> Trial:
    made = adapter.read(folder)
    at = (made.best_epoch or 1) - 1
    score = made.scores[at] if made.scores else None
    return Trial(recipe, folder, score, made.validation_losses[at], made.seconds)
