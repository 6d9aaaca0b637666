"""Steps: every row once an epoch, within the budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.batches import Batch, Step, in_order, plan
from finetune.errors import RecipeError
from finetune.recipe import Recipe


def recipe(budget: int, seed: int) -> Recipe:
    return Recipe(epochs=2, batch_tokens=budget, seed=seed)


def epoch_of(steps: Sequence[Step], epoch: int) -> list[Batch]:
    return [batch for step in steps if step.epoch == epoch for batch in step.batches]


lengths = st.lists(st.integers(1, 60), min_size=1, max_size=40)


@given(lengths, st.integers(1, 200), st.integers(0, 3))
def test_an_epoch_has_every_row_once_and_keeps_the_budget(sizes: list[int], budget: int, seed: int) -> None:
    for epoch in (1, 2):
        batches = epoch_of(plan(sizes, recipe(budget, seed)), epoch)
        assert sorted(row for batch in batches for row in batch) == list(range(len(sizes)))
        assert all(len(b) == 1 or len(b) * max(sizes[r] for r in b) <= budget for b in batches)


@given(lengths, st.integers(1, 200))
def test_the_plan_follows_the_seed(sizes: list[int], budget: int) -> None:
    assert plan(sizes, recipe(budget, 5)) == plan(sizes, recipe(budget, 5))


@given(lengths, st.integers(1, 200), st.integers(1, 5))
def test_steps_gather_batches_and_never_cross_an_epoch(sizes: list[int], budget: int, size: int) -> None:
    single = plan(sizes, recipe(budget, 0))
    steps = plan(sizes, replace(recipe(budget, 0), accumulate=size))
    assert [b for step in steps for b in step.batches] == [b for step in single for b in step.batches]
    assert all(len(step.batches) == size for step in steps if not step.ends_epoch)
    assert [step.epoch for step in steps if step.ends_epoch] == [1, 2]


def test_epochs_differ_in_order_and_company() -> None:
    steps = plan(list(range(20, 60)), recipe(200, 0))
    first, second = epoch_of(steps, 1), epoch_of(steps, 2)
    assert first != second
    assert {frozenset(step) for step in first} != {frozenset(step) for step in second}


@given(lengths, st.integers(1, 200))
def test_validation_sees_every_row_once(sizes: list[int], budget: int) -> None:
    assert sorted(row for step in in_order(sizes, budget) for row in step) == list(range(len(sizes)))


def test_epochs_follow_the_amount_of_data() -> None:
    epochs = {rows: Recipe.for_size(rows).epochs for rows in (1, 4, 10, 25, 64, 1000, 75_000, 10**6)}
    assert list(epochs.values()) == sorted(epochs.values(), reverse=True)
    assert epochs[1] == 25
    assert epochs[1000] == 3
    assert epochs[10**6] == 1


def test_the_learning_rate_falls_with_the_width_unless_it_is_given() -> None:
    assert Recipe().peak(256) == 2 * Recipe().peak(512)
    assert Recipe(learning_rate=0.1).peak(256) == 0.1
    assert Recipe(method="full").peak(256) == pytest.approx(Recipe().peak(256) / 10)


def test_the_update_has_the_measured_scale_at_any_rank() -> None:
    for rank in (4, 16, 64):
        assert Recipe(rank=rank).strength() / rank == 2
        assert Recipe(method="rslora", rank=rank).strength() / rank**0.5 == pytest.approx(2)
    assert Recipe(alpha=5).strength() == 5


@pytest.mark.parametrize(
    "dial", [{"rank": 0}, {"epochs": -1}, {"layers": 0}, {"learning_rate": float("nan")}, {"alpha": -1.0}]
)
def test_dials_out_of_range_are_refused(dial: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match=rf"{next(iter(dial))} is .*; it must be"):
        Recipe(**dial)


def test_a_step_can_have_a_number_of_rows_whatever_fits_into_a_batch() -> None:
    recipe = Recipe(batch_rows=4, batch_tokens=20, epochs=2)
    steps = plan([10, 3, 8, 7, 12, 1, 5, 9, 11], recipe)
    assert sorted(sum(map(len, step.batches)) for step in steps) == [1, 1, 4, 4, 4, 4]
    assert [step.ends_epoch for step in steps] == [False, False, True] * 2
    assert any(len(step.batches) > 1 for step in steps)
