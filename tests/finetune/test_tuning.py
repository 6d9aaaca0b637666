"""A search by halves: fewer candidates and more epochs each round, nothing trained twice, the best first."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune import adapter
from finetune.activations import Activations
from finetune.backends.port import Event, Order
from finetune.dataset import TrainingExample
from finetune.estimate import estimate
from finetune.recipe import Recipe
from finetune.session import Session, Validation
from finetune.training import train_adapter
from finetune.tuning import Search, Trial, rungs, tune
from generation.catalog import Parts


@pytest.fixture(scope="module")
def search(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path_factory: pytest.TempPathFactory
) -> Search:
    return Search(
        Parts("tiny", tiny_llama),
        Order(animals[:12], Recipe(epochs=4, batch_tokens=600), Validation(animals[12:])),
        tmp_path_factory.mktemp("search"),
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


def test_the_estimate_counts_what_all_trials_learn(search: Search, trials: list[Trial]) -> None:
    expected = estimate(search.parts.base, search.as_one)
    assert sum(search.counts.values()) == len(trials)
    assert expected.tokens == sum(adapter.read(trial.folder).trained_tokens for trial in trials)


def test_finished_trials_are_not_trained_again(search: Search, trials: list[Trial]) -> None:
    written = {t.folder: (t.folder / "manifest.json").stat().st_mtime_ns for t in trials}
    told: list[Event] = []
    assert tune(search, told.append) == trials
    assert told == []
    assert {f: (f / "manifest.json").stat().st_mtime_ns for f in written} == written


def test_trials_share_what_frozen_layers_make_of_the_rows(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    recipe, aside = Recipe(epochs=1, layers=1, batch_tokens=600), Validation(animals[12:])
    parts, order = Parts("tiny", tiny_llama), Order(animals[:12], recipe, aside)
    search = Search(parts, order, tmp_path / "search", ranks=(2, 4), rates=(1.0,))
    trials = tune(search)
    assert search.activations.computed == len(animals)
    for trial in trials:
        out = tmp_path / trial.folder.name
        alone = train_adapter(tiny_llama, animals[:12], trial.recipe, out, validation=aside).manifest
        assert alone.weights_hash == adapter.read(trial.folder).weights_hash
        without = Session(activations=Activations(limit_bytes=0))
        plain = train_adapter(
            tiny_llama, animals[:12], trial.recipe, out, validation=aside, session=without
        ).manifest
        assert plain.validation_losses == pytest.approx([trial.loss], abs=1e-5)


def test_rounds_double() -> None:
    assert [rungs(most) for most in (1, 2, 3, 8, 20)] == [[1], [1, 2], [1, 3], [2, 4, 8], [5, 10, 20]]
