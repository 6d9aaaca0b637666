"""A search by halves: fewer candidates and more epochs each round, nothing trained twice, the best first."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.dataset import TrainingExample
from finetune.recipe import Recipe
from finetune.session import Validation
from finetune.tuning import Search, Trial, rungs, tune


@pytest.fixture(scope="module")
def search(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path_factory: pytest.TempPathFactory
) -> Search:
    return Search(
        base=tiny_llama,
        examples=animals[:12],
        validation=Validation(animals[12:]),
        recipe=Recipe(epochs=4, batch_tokens=600),
        folder=tmp_path_factory.mktemp("search"),
        ranks=(2, 4),
        rates=(0.5, 1.0),
    )


@pytest.fixture(scope="module")
def trials(search: Search) -> list[Trial]:
    return tune(search)


def test_each_round_trains_the_better_half_for_longer(trials: list[Trial]) -> None:
    epochs = [trial.recipe.epochs for trial in trials]
    assert sorted(epochs) == [1, 1, 1, 1, 2, 2, 4]
    first = sorted((t for t in trials if t.recipe.epochs == 1), key=lambda t: t.loss)
    second = [t for t in trials if t.recipe.epochs == 2]
    dials = [(t.recipe.rank, t.recipe.rate_multiplier) for t in first[:2]]
    assert {(t.recipe.rank, t.recipe.rate_multiplier) for t in second} == set(dials)
    assert [t.loss for t in trials] == sorted(t.loss for t in trials)


def test_finished_trials_are_not_trained_again(search: Search, trials: list[Trial]) -> None:
    written = {t.folder: (t.folder / "manifest.json").stat().st_mtime_ns for t in trials}
    told: list[Trial | None] = []
    assert tune(search, told.append) == trials
    assert len(told) == len(trials)
    assert {f: (f / "manifest.json").stat().st_mtime_ns for f in written} == written


def test_rounds_double() -> None:
    assert [rungs(most) for most in (1, 2, 3, 8, 20)] == [[1], [1, 2], [1, 3], [2, 4, 8], [5, 10, 20]]
