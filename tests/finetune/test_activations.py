"""What frozen layers make of the rows: computed once, and nothing is learned differently for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.activations import Activations
from finetune.dataset import TrainingExample
from finetune.errors import CheckpointError, Paused
from finetune.progress import Progress
from finetune.recipe import Method, Recipe
from finetune.session import Parent, Session, Validation, Wish
from finetune.training import train_adapter

TOP = Recipe(rank=4, layers=1, learning_rate=5e-3, epochs=3, batch_tokens=60)


def losses(
    base: Path,
    rows: Sequence[TrainingExample],
    recipe: Recipe,
    out: Path,
    store: Activations,
    parent: Parent | None = None,
) -> list[float]:
    told: list[Progress] = []
    session = Session(on_step=told.append, activations=store)
    train_adapter(base, rows, recipe, out, session=session, parent=parent)
    return [p.loss for p in told]


@pytest.mark.parametrize("method", ["lora", "full"])
def test_remembered_rows_are_learned_as_others_are(
    any_base: Path, animals: list[TrainingExample], tmp_path: Path, method: Method
) -> None:
    recipe, store = replace(TOP, method=method), Activations()
    remembered = losses(any_base, animals, recipe, tmp_path / "a", store)
    assert store.computed == len(animals)
    nothing = Activations(limit_bytes=0)
    assert remembered == pytest.approx(losses(any_base, animals, recipe, tmp_path / "b", nothing), abs=1e-5)
    assert nothing.computed == 0


def test_epochs_folds_and_trials_share_what_is_computed(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    store = Activations()
    losses(tiny_llama, animals[:12], TOP, tmp_path / "a", store)
    losses(tiny_llama, animals[4:], replace(TOP, rank=2, seed=1), tmp_path / "b", store)
    assert store.computed == len(animals)
    losses(tiny_llama, animals[:12], replace(TOP, layers=None), tmp_path / "c", store)
    assert store.computed == len(animals)


def test_a_parent_that_is_merged_below_makes_other_activations(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    train_adapter(tiny_llama, animals, replace(TOP, layers=None), tmp_path / "parent")
    parent = Parent(tmp_path / "parent", "stack")
    store = Activations()
    losses(tiny_llama, animals, TOP, tmp_path / "a", store)
    stacked = losses(tiny_llama, animals, TOP, tmp_path / "b", store, parent)
    assert store.computed == 2 * len(animals)
    plain = losses(tiny_llama, animals, TOP, tmp_path / "c", Activations(limit_bytes=0), parent)
    assert stacked == pytest.approx(plain, abs=1e-5)


def test_an_adapter_with_a_stacked_one_inside_learns_in_all_its_layers(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    train_adapter(tiny_llama, animals, replace(TOP, layers=None), tmp_path / "parent")
    train_adapter(tiny_llama, animals, TOP, tmp_path / "top", parent=Parent(tmp_path / "parent", "stack"))
    store = Activations()
    losses(tiny_llama, animals, TOP, tmp_path / "a", store, Parent(tmp_path / "top"))
    assert store.computed == 0


class PauseAtOnce:
    def wish(self) -> Wish:
        return Wish.PAUSE


def test_a_checkpoint_knows_whether_rows_were_remembered(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    session = Session(control=PauseAtOnce(), checkpoints=tmp_path / "kept")
    with pytest.raises(Paused):
        train_adapter(
            tiny_llama, animals, TOP, tmp_path / "a", session=session, validation=Validation(animals[:2])
        )
    other = Session(checkpoints=tmp_path / "kept", activations=Activations(limit_bytes=0))
    with pytest.raises(CheckpointError, match="other remembered"):
        train_adapter(
            tiny_llama, animals, TOP, tmp_path / "a", session=other, validation=Validation(animals[:2])
        )


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4)), max_size=40), st.integers(0, 200))
def test_the_memory_keeps_its_bound_and_never_lies(asked: list[tuple[int, int]], limit: int) -> None:
    store = Activations(limit_bytes=limit)
    for token, length in asked:
        tokens = [token] * length
        found = store.get("base", 1, tokens, lambda t=tokens: np.array(t, np.int64))
        assert found.tolist() == tokens
        assert store.held_bytes <= limit
