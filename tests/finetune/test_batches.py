"""Steps: every row once an epoch, within the budget."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from finetune.batches import in_order, plan
from finetune.recipe import Recipe

lengths = st.lists(st.integers(1, 60), min_size=1, max_size=40)


@given(lengths, st.integers(1, 200), st.integers(0, 3))
def test_an_epoch_has_every_row_once_and_keeps_the_budget(sizes: list[int], budget: int, seed: int) -> None:
    for epoch in plan(sizes, budget, 2, seed):
        assert sorted(row for step in epoch for row in step) == list(range(len(sizes)))
        assert all(len(s) == 1 or len(s) * max(sizes[r] for r in s) <= budget for s in epoch)


@given(lengths, st.integers(1, 200))
def test_the_plan_follows_the_seed(sizes: list[int], budget: int) -> None:
    assert plan(sizes, budget, 3, 5) == plan(sizes, budget, 3, 5)


def test_epochs_differ_in_order_and_company() -> None:
    first, second = plan(list(range(20, 60)), 200, 2, 0)
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
