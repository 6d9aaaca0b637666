"""What a training will cost, against what it did cost."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from finetune.backends.port import Labelled, Order
from finetune.data.rows import LabelRow
from finetune.dataset import TrainingExample
from finetune.encoders.training import train_encoder
from finetune.errors import DatasetError
from finetune.estimate import estimate
from finetune.gate import OldTask
from finetune.recipe import Recipe
from finetune.session import Validation
from finetune.training import train_adapter
from tests.tiny_models import save_encoder

RECIPE = Recipe(rank=4, learning_rate=5e-3, epochs=2, batch_tokens=60)


def test_it_counts_what_is_then_trained(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    expected = estimate(tiny_llama, Order([*animals, animals[0]], RECIPE))
    manifest = train_adapter(tiny_llama, animals, RECIPE, tmp_path / "a").manifest
    assert (expected.rows, expected.steps) == (manifest.rows, manifest.steps)
    assert expected.tokens == manifest.trained_tokens
    assert 0 < expected.labels < expected.tokens
    assert expected.peak_bytes > 10**8


def test_an_encoder_is_estimated_as_it_is_trained(tmp_path: Path) -> None:
    encoder = save_encoder(tmp_path / "bert")
    rows = [LabelRow(i, f"the {w}", w) for i, w in enumerate(["cat", "dog", "cow"] * 4)]
    dials = Recipe(rank=4, epochs=2, batch_rows=6, batch_tokens=60)
    expected = estimate(encoder, Order((), dials, labelled=Labelled(rows)))
    told = train_encoder(encoder, rows, tmp_path / "a", dials=dials).training
    assert (expected.rows, expected.steps) == (told.rows, told.steps) == (3, 2)
    assert (expected.tokens, expected.labels) == (told.trained_tokens, 6)
    child = estimate(encoder, Order((), dials, labelled=Labelled(rows)), tmp_path / "a")
    assert (child.rows, child.steps) == (3, 2)
    alone = estimate(encoder, Order((), replace(dials, method="head"), labelled=Labelled(rows)))
    assert (alone.rows, alone.steps) == (3, 0) and alone.seconds > 0


@pytest.fixture
def every_look_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock on which whatever is timed takes a second."""
    monkeypatch.setattr(time, "perf_counter", count().__next__)


@pytest.mark.usefixtures("every_look_a_second")
def test_seconds_are_those_of_all_batches_validations_and_answers(
    tiny_llama: Path, animals: list[TrainingExample]
) -> None:
    recipe, loading, a_batch, four_answers = replace(RECIPE, epochs=40), 2, 1, 1
    for judge, answering in ((None, 0), (len, 2 * four_answers)):
        told = estimate(tiny_llama, Order(animals, recipe, Validation(animals[:8], judge)))
        batches = round((told.seconds - loading - told.steps * a_batch) / 40 - answering, 6)
        assert batches > 0 and batches * 3 == pytest.approx(round(batches * 3)), told


@pytest.mark.usefixtures("every_look_a_second")
def test_a_gate_is_paid_for(tiny_llama: Path, animals: list[TrainingExample]) -> None:
    """Two more models are loaded and asked."""
    gate = OldTask(animals[:6], len)
    plain, gated = (estimate(tiny_llama, Order(animals[:4], RECIPE, gate=g)) for g in (None, gate))
    assert gated.seconds >= plain.seconds + 2 * (1 + 6 / 4)


def test_bad_rows_are_found_before_anything_is_computed(
    tiny_llama: Path, animals: list[TrainingExample]
) -> None:
    with pytest.raises(DatasetError, match="Row 1"):
        estimate(tiny_llama, Order([TrainingExample(()), *animals], RECIPE))
