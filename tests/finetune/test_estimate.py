"""What a training will cost, against what it did cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from finetune.dataset import TrainingExample
from finetune.errors import DatasetError
from finetune.estimate import estimate
from finetune.recipe import Recipe
from finetune.session import Validation
from finetune.training import train_adapter

RECIPE = Recipe(rank=4, learning_rate=5e-3, epochs=2, batch_tokens=60)


def test_it_counts_what_is_then_trained(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    expected = estimate(tiny_llama, [*animals, animals[0]], RECIPE)
    manifest = train_adapter(tiny_llama, animals, RECIPE, tmp_path / "a").manifest
    assert (expected.rows, expected.steps) == (manifest.rows, manifest.steps)
    assert expected.tokens == manifest.trained_tokens
    assert 0 < expected.labels < expected.tokens
    assert expected.peak_bytes > 10**8


def test_bad_rows_are_found_before_anything_is_computed(
    tiny_llama: Path, animals: list[TrainingExample]
) -> None:
    with pytest.raises(DatasetError, match="Row 1"):
        estimate(tiny_llama, [TrainingExample(()), *animals], RECIPE)


@pytest.mark.slow
@pytest.mark.parametrize("judged", [False, True])
def test_the_seconds_are_of_the_right_size(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path, judged: bool
) -> None:
    recipe = replace(RECIPE, epochs=40, patience=40)
    aside = Validation(animals[:4], len if judged else None)
    expected = estimate(tiny_llama, animals, recipe, validation=aside)
    manifest = train_adapter(tiny_llama, animals, recipe, tmp_path / "a", validation=aside).manifest
    assert manifest.seconds / 4 < expected.seconds < 4 * manifest.seconds
