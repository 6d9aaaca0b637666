"""Losses of the learner, against transformers' own."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.dataset import TrainingExample, encode
from finetune.learner import Learner
from finetune.recipe import Recipe
from finetune.rows import EncodedExample


@pytest.fixture
def learner(tiny_llama: Path) -> Learner:
    return Learner(tiny_llama, Recipe(rank=4, seed=3))


@pytest.fixture
def rows(learner: Learner, animals: list[TrainingExample]) -> list[EncodedExample]:
    return encode(animals, learner.tokenizer, learner.window)


def test_the_loss_of_a_row_is_that_of_transformers(
    learner: Learner, rows: list[EncodedExample], tiny_llama: Path
) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    reference = AutoModelForCausalLM.from_pretrained(tiny_llama, dtype=torch.float32)
    for row in rows[:4]:
        labels = [token if learned else -100 for token, learned in zip(row.ids, row.mask, strict=True)]
        with torch.no_grad():
            loss = reference(input_ids=torch.tensor([row.ids]), labels=torch.tensor([labels])).loss
        assert learner.weights.fit([[row]]).loss == pytest.approx(float(loss), abs=1e-5)


def test_rows_with_a_common_beginning_and_of_many_lengths_have_the_loss_of_single_ones(
    learner: Learner, rows: list[EncodedExample]
) -> None:
    single = sum(learner.weights.fit([[row]]).loss * row.answer_tokens for row in rows)
    mean = single / sum(row.answer_tokens for row in rows)
    assert learner.weights.fit([rows]).loss == pytest.approx(mean, abs=1e-5)
    assert learner.weights.fit([rows[:7], rows[7:]]).loss == pytest.approx(mean, abs=1e-5)


def test_a_step_over_a_common_beginning_is_the_step_over_whole_rows(
    tiny_llama: Path, rows: list[EncodedExample]
) -> None:
    common, whole = (Learner(tiny_llama, Recipe(rank=4, seed=3)) for _ in range(2))
    common.weights.step([[rows[0], rows[0]]], 1e-2)
    whole.weights.step([[rows[0]]], 1e-2)
    each = [[row] for row in rows]
    assert common.weights.fit(each).loss == pytest.approx(whole.weights.fit(each).loss, abs=1e-4)


def test_a_snapshot_brings_the_weights_back(learner: Learner, rows: list[EncodedExample]) -> None:
    before = learner.weights.fit([rows]).loss
    kept = learner.weights.snapshot()
    learner.weights.step([rows], 1e-2)
    learner.weights.step([rows], 1e-2)
    assert learner.weights.fit([rows]).loss < before
    learner.weights.restore(kept)
    assert learner.weights.fit([rows]).loss == pytest.approx(before, abs=1e-6)
