"""Every way to train, on every family of models: it learns, and is served as it was trained."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from finetune import adapter
from finetune.dataset import TrainingExample
from finetune.errors import DatasetError, RecipeError, TrainingError
from finetune.progress import Progress
from finetune.recipe import Method, Precision, Recipe
from finetune.session import Parent, Session, Validation
from finetune.texts import TextExample
from finetune.training import TrainingReport, train_adapter
from generation.errors import AdapterMismatchError, ModelUnavailableError
from generation.language_model import Request
from generation.transformers_model import TransformersModel

SHORT = Recipe(rank=4, learning_rate=5e-3, epochs=2, batch_tokens=150)
METHODS: tuple[Method, ...] = ("lora", "rslora", "dora", "full")


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return {name: w for path in folder.glob("*.safetensors") for name, w in load_file(path).items()}


@pytest.mark.parametrize("method", METHODS)
def test_every_method_learns_on_every_family_and_is_served_as_trained(
    any_base: Path, animals: list[TrainingExample], tmp_path: Path, method: Method
) -> None:
    report = train_adapter(any_base, animals, replace(SHORT, method=method), tmp_path / "a")
    assert report.canary.served_loss == pytest.approx(report.canary.trained_loss, abs=1e-4)
    assert report.canary.served_loss < report.canary.base_loss
    assert report.manifest.train_losses[1] < report.manifest.train_losses[0]


def test_a_full_training_writes_a_model_that_serves_by_itself(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    report = train_adapter(tiny_llama, animals, replace(SHORT, method="full"), tmp_path / "new")
    assert adapter.read_trained_model(tmp_path / "new") == report.manifest
    assert adapter.finished_adapters(tmp_path) == []
    served = TransformersModel("new", tmp_path / "new")
    assert served.generate([Request(animals[0].messages[:-1], max_tokens=4)])[0].text
    assert served.count_tokens(animals[0].messages) == TransformersModel("old", tiny_llama).count_tokens(
        animals[0].messages
    )


@pytest.mark.parametrize("method", METHODS)
def test_only_the_top_layers_learn_when_it_is_said(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path, method: Method
) -> None:
    train_adapter(tiny_llama, animals, replace(SHORT, method=method, layers=1), tmp_path / "a")
    new, old = weights(tmp_path / "a"), weights(tiny_llama)
    changed = {name for name, w in new.items() if name not in old or not w.equal(old[name])}
    assert changed
    assert all("layers.1." in name for name in changed)


def test_half_the_bits_give_nearly_the_same_steps(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    told: dict[Precision, list[float]] = {"float32": [], "bfloat16": []}
    for precision, losses in told.items():
        session = Session(on_step=lambda p, losses=losses: losses.append(p.loss))
        recipe = replace(SHORT, precision=precision, learning_rate=1e-3)
        report = train_adapter(tiny_llama, animals, recipe, tmp_path / precision, session=session)
        assert report.canary.served_loss == pytest.approx(report.canary.trained_loss, rel=1e-2)
    assert told["bfloat16"] != told["float32"]
    assert told["bfloat16"] == pytest.approx(told["float32"], rel=1e-2)


def test_more_layers_than_there_are_are_refused(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    with pytest.raises(RecipeError, match="choose up to 2"):
        train_adapter(tiny_llama, animals, replace(SHORT, layers=3), tmp_path / "a")


@pytest.fixture(scope="module")
def parents(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, TrainingReport]:
    folder = tmp_path_factory.mktemp("parents")
    recipes = {
        "lora": replace(SHORT, alpha=6),
        "rslora": replace(SHORT, method="rslora", rank=3),
        "dora": replace(SHORT, method="dora"),
        "top": replace(SHORT, layers=1),
    }
    return {
        name: train_adapter(tiny_llama, animals[:12], recipe, folder / name)
        for name, recipe in recipes.items()
    }


@pytest.mark.parametrize("name", ["lora", "rslora", "dora", "top"])
def test_an_adapter_is_trained_on_in_its_own_shape(
    parents: dict[str, TrainingReport],
    name: str,
    tiny_llama: Path,
    animals: list[TrainingExample],
    tmp_path: Path,
) -> None:
    parent = parents[name]
    told: list[Progress] = []
    report = train_adapter(
        tiny_llama,
        animals[:12],
        replace(SHORT, rank=7),
        tmp_path / "child",
        parent=Parent(parent.folder),
        session=Session(on_step=told.append),
    )
    assert report.canary.base_loss == pytest.approx(parent.canary.served_loss, abs=1e-4)
    assert told[0].loss < parent.manifest.train_losses[0]
    assert weights(report.folder).keys() == weights(parent.folder).keys()
    assert report.manifest.recipe.rank == parent.manifest.recipe.rank
    assert [(a.name, a.mode) for a in report.manifest.lineage] == [(name, "continue")]
    assert f"{name} (continue)" in (report.folder / "README.md").read_text()


@pytest.mark.parametrize("name", ["lora", "rslora", "top"])
@pytest.mark.parametrize("method", ["lora", "rslora"])
def test_a_stacked_adapter_carries_its_parent_with_it(
    parents: dict[str, TrainingReport],
    name: str,
    method: Method,
    tiny_llama: Path,
    animals: list[TrainingExample],
    tmp_path: Path,
) -> None:
    parent = parents[name]
    layers = 1 if method == "rslora" else None
    first = train_adapter(
        tiny_llama,
        animals[12:],
        replace(SHORT, method=method, rank=2, layers=layers),
        tmp_path / "first",
        parent=Parent(parent.folder, "stack"),
    )
    assert first.canary.served_loss == pytest.approx(first.canary.trained_loss, abs=1e-4)
    second = train_adapter(
        tiny_llama, animals, SHORT, tmp_path / "second", parent=Parent(first.folder, "stack")
    )
    assert second.canary.served_loss == pytest.approx(second.canary.trained_loss, abs=1e-4)
    assert [a.name for a in second.manifest.lineage] == [name, "first"]
    assert second.manifest.lineage[1].weights_hash == first.manifest.weights_hash


def test_parents_that_do_not_fit_are_refused(
    parents: dict[str, TrainingReport],
    tiny_llama: Path,
    any_base: Path,
    animals: list[TrainingExample],
    tmp_path: Path,
) -> None:
    lora, dora = parents["lora"].folder, parents["dora"].folder
    out = tmp_path / "a"
    for mode in ("continue", "stack"):
        with pytest.raises(AdapterMismatchError, match="another version"):
            train_adapter(any_base, animals, SHORT, out, parent=Parent(lora, mode))
        with pytest.raises(ModelUnavailableError, match="not finished"):
            train_adapter(tiny_llama, animals, SHORT, out, parent=Parent(tmp_path, mode))
    with pytest.raises(RecipeError, match="DoRA"):
        train_adapter(tiny_llama, animals, SHORT, out, parent=Parent(dora, "stack"))
    with pytest.raises(RecipeError, match="full training"):
        train_adapter(tiny_llama, animals, replace(SHORT, method="full"), out, parent=Parent(lora))
    for mode in ("continue", "stack"):
        with pytest.raises(TrainingError, match="changes nothing"):
            train_adapter(
                tiny_llama, animals, replace(SHORT, learning_rate=0), out, parent=Parent(lora, mode)
            )


def test_plain_text_is_learned_too_and_mixes_with_conversations(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    text = TextExample("The cat says meow and the dog says woof. " * 30)
    report = train_adapter(tiny_llama, [text], replace(SHORT, epochs=3), tmp_path / "a")
    assert report.canary.ended is None
    assert report.manifest.rows == 3
    assert report.manifest.train_losses[-1] < report.manifest.train_losses[0]
    mixed = train_adapter(tiny_llama, [text, *animals], SHORT, tmp_path / "b")
    assert mixed.manifest.rows == 23


def test_the_judge_chooses_the_epoch_and_sees_the_answers_in_order(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    seen: list[list[str]] = []

    def second_is_best(outputs: Sequence[str]) -> float:
        seen.append(list(outputs))
        return 1.0 if len(seen) == 2 else 0.0

    recipe = replace(SHORT, epochs=6, patience=2, learning_rate=2e-2)
    report = train_adapter(
        tiny_llama, animals[:16], recipe, tmp_path / "a", validation=Validation(animals[16:], second_is_best)
    )
    assert report.manifest.scores == (0.0, 1.0, 0.0, 0.0)
    assert report.manifest.best_epoch == 2
    assert report.manifest.ending == "patience"
    model = TransformersModel("a", tiny_llama, adapter=report.folder)
    longest = 2 * max(len(e.answer) + 1 for e in animals[16:]) + 8
    requests = [Request(e.messages[:-1], max_tokens=longest) for e in animals[16:]]
    assert [g.text for g in model.generate(requests)] == seen[1]


def test_a_judge_needs_conversations_and_gives_numbers(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    for rows in ([], [TextExample("a text")]):
        with pytest.raises(DatasetError, match="validation rows that are conversations"):
            train_adapter(tiny_llama, animals, SHORT, tmp_path / "a", validation=Validation(rows, len))
    aside = Validation(animals[:4], lambda _: float("nan"))
    with pytest.raises(TrainingError, match="judge gave nan"):
        train_adapter(tiny_llama, animals, SHORT, tmp_path / "a", validation=aside)


def test_a_training_that_goes_wrong_keeps_the_best_epoch_before(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    absurd = Recipe(method="full", learning_rate=1e20, epochs=20, batch_tokens=1000)
    report = train_adapter(tiny_llama, animals, absurd, tmp_path / "a", validation=Validation(animals[:4]))
    assert report.stopped_early
    assert report.manifest.ending == "diverged"
    assert report.manifest.steps == report.manifest.best_epoch == 1
    assert report.canary.served_loss == pytest.approx(report.manifest.validation_losses[0], abs=1e-4)
    assert "no number" in (tmp_path / "a" / "README.md").read_text()


def test_rows_over_the_window_are_dropped_and_counted_when_it_is_said(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    from generation.messages import Message
    from generation.prompts import render

    long = TrainingExample((*render("", "x" * 600), Message("assistant", "y")))
    with pytest.raises(DatasetError, match="1 of 21 rows"):
        train_adapter(tiny_llama, [*animals, long], SHORT, tmp_path / "a")
    report = train_adapter(tiny_llama, [*animals, long], replace(SHORT, long_rows="drop"), tmp_path / "a")
    assert report.manifest.dropped_rows == 1
    assert report.manifest.rows == 20


def test_metrics_lie_beside_the_adapter_as_openai_writes_them(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    told: list[Progress] = []
    train_adapter(
        tiny_llama,
        animals[:16],
        SHORT,
        tmp_path / "a",
        validation=Validation(animals[16:]),
        session=Session(on_step=told.append),
    )
    with (tmp_path / "a" / "step_metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "step",
        "train_loss",
        "train_accuracy",
        "valid_loss",
        "valid_mean_token_accuracy",
    ]
    assert [(int(r["step"]), float(r["train_loss"])) for r in rows] == [(p.step, p.loss) for p in told]
    assert [r["valid_loss"] != "" for r in rows] == [p.validation_loss is not None for p in told]
    assert all(0 <= float(r["train_accuracy"]) <= 1 for r in rows)
