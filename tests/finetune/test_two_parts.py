"""Models that read with one part and write with another learn and are served like any other."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from finetune.adapter import Manifest
from finetune.dataset import TrainingExample
from finetune.errors import DatasetError, RecipeError
from finetune.recipe import Recipe
from finetune.session import Parent
from finetune.texts import TextExample
from finetune.training import TrainingReport, train_adapter
from generation.adapter_folder import adapter_path
from generation.catalog import Catalog
from generation.checkpoint import load_tokenizer
from generation.encoding import encode_answer, encode_prompt
from generation.language_model import LanguageModel, MixableModel, Request
from generation.messages import Message
from generation.prompts import render

WHOLE = Recipe(method="full", learning_rate=5e-3, epochs=25, batch_rows=4, batch_tokens=600)
SHORT = Recipe(rank=4, learning_rate=2e-3, epochs=2, batch_tokens=400)
TURNS = (Message("system", "Who?"), Message("user", "moo"))


def said(model: LanguageModel, rows: list[TrainingExample]) -> list[str]:
    return [one.text for one in model.generate([Request(row.messages[:-1], max_tokens=12) for row in rows])]


@pytest.fixture(scope="module")
def learned(
    tiny_t5: Path, animals: list[TrainingExample], tmp_path_factory: pytest.TempPathFactory
) -> TrainingReport:
    out = adapter_path(tmp_path_factory.mktemp("made"), "ft:t5:animals")
    return train_adapter(tiny_t5, animals, WHOLE, out)


@pytest.fixture(scope="module")
def shelf(tiny_t5: Path, learned: TrainingReport) -> Catalog:
    return Catalog(locals={"t5": tiny_t5}, adapters=learned.folder.parent)


def test_a_prompt_ends_and_an_answer_is_encoded_by_itself(tiny_t5: Path) -> None:
    tokenizer = load_tokenizer(tiny_t5)
    prompt = encode_prompt(tokenizer, TURNS)
    ids, mask = encode_answer(tokenizer, (*TURNS, Message("assistant", "cow")))
    assert tokenizer.decode(prompt) == f"Who?\nmoo{tokenizer.eos_token}"
    assert ids[: len(prompt)] == prompt and mask == [False] * len(prompt) + [True] * 4
    assert tokenizer.decode(ids[len(prompt) :]) == f"cow{tokenizer.eos_token}"


def test_its_own_weights_learn_and_answer(
    shelf: Catalog, learned: TrainingReport, animals: list[TrainingExample]
) -> None:
    assert learned.canary.ended and learned.canary.served_loss == pytest.approx(learned.canary.trained_loss)
    model = shelf.open("ft:t5:animals")
    together = said(model, animals)
    assert together == [answer for row in animals for answer in said(model, [row])]
    assert sum(a == row.answer for a, row in zip(together, animals, strict=True)) >= 18
    asked = render("Who is it?", "moo then")
    [chosen] = model.generate([Request(asked, choices=("cow", "sheep"))])
    assert chosen.text in ("cow", "sheep")


def test_adapters_learn_mix_continue_and_stack(
    shelf: Catalog, learned: TrainingReport, animals: list[TrainingExample]
) -> None:
    base, root = learned.folder, learned.folder.parent
    names = [Message("assistant", "nobody"), Message("assistant", "somebody")]
    tasks = [[replace(row, messages=(*row.messages[:-1], name)) for row in animals[:8]] for name in names]

    def train(
        rows: list[TrainingExample], name: str, recipe: Recipe, parent: Parent | None = None
    ) -> Manifest:
        return train_adapter(base, rows, recipe, adapter_path(root, name), parent=parent).manifest

    long = replace(SHORT, epochs=12, learning_rate=2e-2)
    train(tasks[0], "nobody", long)
    train(tasks[1], "somebody", long)
    models = [shelf.open("ft:t5:animals"), shelf.open("nobody"), shelf.open("somebody")]
    asked = Request(animals[0].messages[:-1], max_tokens=12)
    alone = [model.generate([asked])[0].text for model in models]
    assert alone[0] == "cat" and len(set(alone)) == 3
    assert isinstance(models[0], MixableModel)
    variants = [model.variant for model in models if isinstance(model, MixableModel)]
    drafts = [models[0].mixer.draft(asked, variant) for variant in variants]
    writing = models[0].mixer.writing()
    writing.join(drafts[:2])
    assert not writing.has_room(drafts[2:])
    while not writing.is_done:
        writing.go_on()
    writing.join(drafts[2:])
    while not writing.is_done:
        writing.go_on()
    assert [draft.generation().text for draft in drafts] == alone
    for mode in ("continue", "stack"):
        parent = Parent(adapter_path(root, "nobody"), mode)
        assert [a.mode for a in train(animals[:8], mode, SHORT, parent).lineage] == [mode]


def test_its_top_layers_are_those_that_write(
    tiny_t5: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    train_adapter(tiny_t5, animals[:8], replace(SHORT, layers=1), tmp_path / "a")
    config = json.loads((tmp_path / "a" / "adapter_config.json").read_text())
    assert config["task_type"] == "SEQ_2_SEQ_LM"
    assert all(name.startswith("decoder.block.1.") for name in config["target_modules"])
    with pytest.raises(RecipeError, match="up to 2"):
        train_adapter(tiny_t5, animals[:8], replace(SHORT, layers=3), tmp_path / "b")


def test_plain_text_is_nothing_that_it_learns(tiny_t5: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no plain text"):
        train_adapter(tiny_t5, [TextExample("a long text to go on from")], SHORT, tmp_path / "a")
