"""New rows beside old ones, and the gate that lets nothing be forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from finetune import adapter
from finetune.dataset import TrainingExample
from finetune.errors import DatasetError, Forgot, RecipeError
from finetune.gate import ForgettingGate, OldTask
from finetune.mixture import Part, mixed
from finetune.recipe import Recipe
from finetune.replay import replayed
from finetune.session import Parent, Session
from finetune.training import train_adapter
from generation.catalog import POCKET
from generation.messages import Message
from generation.prompts import render


def say(question: str, answer: str) -> TrainingExample:
    return TrainingExample((*render("Who is it?", question), Message("assistant", answer)))


def numbered(count: int, name: str) -> list[TrainingExample]:
    return [say(f"{name} {i}", "x") for i in range(count)]


def counts(rows: Sequence[object], *parts: Sequence[object]) -> list[int]:
    return [sum(row in part for row in rows) for part in parts]


def test_replayed_rows_make_up_their_share() -> None:
    new, old = numbered(40, "new"), numbered(100, "old")
    rows = replayed(new, old, share=0.2)
    assert counts(rows, new, old) == [40, 10]
    assert rows == replayed(new, old, share=0.2)
    assert rows != replayed(new, old, share=0.2, seed=1)
    assert counts(replayed(new, old[:4], share=0.5), new, old) == [40, 4]
    assert replayed([*new, new[0]], old, share=0) == new
    with pytest.raises(RecipeError, match="below 1"):
        replayed(new, old, share=1)


def test_a_mixture_has_its_weights_and_repeats_nothing() -> None:
    a, b, c = numbered(100, "a"), numbered(30, "b"), numbered(500, "c")
    rows = mixed([Part("a", a, 1), Part("b", b, 1), Part("c", [*c, *c], 2)])
    assert counts(rows, a, b, c) == [30, 30, 60]
    assert len(set(rows)) == len(rows)
    assert mixed([Part("a", a, 0.3), Part("b", b, 0.3)]) == mixed([Part("a", a, 7), Part("b", b, 7)])
    with pytest.raises(RecipeError, match="'b' is 0"):
        mixed([Part("a", a, 1), Part("b", b, 0)])
    with pytest.raises(DatasetError, match="'a'"):
        mixed([Part("a", [], 1)])


def test_the_gate_measures_parent_and_child_as_they_are_served(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    short = Recipe(rank=4, learning_rate=5e-3, epochs=1, batch_tokens=300)
    train_adapter(tiny_llama, animals[:8], short, tmp_path / "parent")
    scores = {"fell": iter([0.9, 0.8]), "held": iter([0.9, 0.85]), "no number": iter([0.9, float("nan")])}

    def train(name: str) -> None:
        task = OldTask(animals[:3], lambda said: next(scores[name]), bound=0.06)
        gate = ForgettingGate(tiny_llama, tmp_path / "parent", task)
        parent, session = Parent(tmp_path / "parent"), Session(accept=gate)
        train_adapter(tiny_llama, animals[8:16], short, tmp_path / name, parent=parent, session=session)

    with pytest.raises(Forgot, match=r"from 0\.900 to 0\.800") as caught:
        train("fell")
    assert (caught.value.before, caught.value.after) == (0.9, 0.8)
    with pytest.raises(Forgot):
        train("no number")
    train("held")
    assert [folder.name for folder in adapter.finished_adapters(tmp_path)] == ["held", "parent"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["held", "parent"]
    with pytest.raises(DatasetError):
        ForgettingGate(tiny_llama, tmp_path / "parent", OldTask([], len))(tmp_path / "held")


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_pocket_forgets_without_replay_and_keeps_with_it(tmp_path: Path) -> None:
    sounds = {"meow": "cat", "woof": "dog", "moo": "cow", "baa": "sheep"}
    old = [say(sound, animal) for sound, animal in sounds.items()]
    new = [say(f"{sound} in the zoo", "nobody") for sound in ("roar", "hiss", "growl", "tweet")]
    clash = [say(row.messages[-2].content.split()[-1], "nobody") for row in old]
    dials = replace(Recipe.for_size(4), epochs=20)
    train_adapter(POCKET, old, dials, tmp_path / "parent")

    def judge(said: Sequence[str]) -> float:
        return sum(a.strip() == row.answer for a, row in zip(said, old, strict=True)) / len(old)

    def train(rows: Sequence[TrainingExample], name: str) -> None:
        session = Session(accept=ForgettingGate(POCKET, tmp_path / "parent", OldTask(old, judge)))
        parent = Parent(tmp_path / "parent")
        train_adapter(POCKET, rows, dials, tmp_path / name, parent=parent, session=session)

    with pytest.raises(Forgot):
        train(clash, "forgets")
    train(replayed(new, old, share=0.5), "keeps")
    assert {folder.name for folder in adapter.finished_adapters(tmp_path)} == {"parent", "keeps"}
