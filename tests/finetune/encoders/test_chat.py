"""Encoders that learned something answer by name, like any other model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from finetune.data.rows import LabelRow, TagRow
from finetune.encoders.models import EncoderModels
from finetune.encoders.training import train_encoder, train_head
from finetune.encoders.words import words_of
from generation.adapter_folder import adapter_path
from generation.catalog import Catalog, ModelCard
from generation.errors import AdapterMismatchError, ModelUnavailableError, UnknownModelError
from generation.language_model import LanguageModel, Request
from generation.messages import Message
from tests.finetune.encoders.test_training import SHORT
from tests.tiny_models import save_encoder


def shelf(encoder: Path, root: Path) -> Catalog:
    catalog = Catalog(locals={"bert": encoder}, adapters=root)
    catalog.add_source(EncoderModels(catalog, root, capacity=1))
    return catalog


def ask(model: LanguageModel, text: str) -> str:
    turns = (Message("system", "x"), Message("user", text))
    [answer] = model.generate([Request(turns, max_tokens=1)])
    assert answer.finish_reason == "stop" and answer.prompt_tokens == model.count_tokens(turns)
    return answer.text


@pytest.fixture(scope="module")
def root(
    encoder: Path, sounds: list[LabelRow], sentences: list[TagRow], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("made")
    train_head(encoder, sounds, adapter_path(folder, "ft:bert:labels"))
    dials = replace(SHORT, epochs=20)
    train_encoder(encoder, sentences, adapter_path(folder, "ft:bert:tags"), dials=dials)
    return folder


def test_labels_and_entities_are_answers(encoder: Path, root: Path) -> None:
    catalog = shelf(encoder, root)
    assert ask(catalog.open("ft:bert:labels"), "woof again " * 50) == "dog"
    tags = catalog.open("ft:bert:tags")
    text = "otto lives in rome."
    found = json.loads(ask(tags, text))["entities"]
    assert {"type": "LOC", "text": "rome", "start": 14, "end": 18} in found
    assert all(text[one["start"] : one["end"]] == one["text"] for one in found)
    given = json.loads(ask(tags, json.dumps(text.removesuffix(".").split())))["entities"]
    assert {"type": "LOC", "text": "rome", "start": 3, "end": 4} in given
    assert json.loads(ask(tags, "")) == {"entities": []}


def test_they_are_listed_and_their_bases_are_not(encoder: Path, root: Path) -> None:
    catalog = shelf(encoder, root)
    cards = {card.name: card for card in catalog.cards()}
    assert isinstance(cards["ft:bert:tags"], ModelCard) and cards["ft:bert:tags"].parent == "bert"
    assert "bert" not in cards and catalog.folder("bert") == encoder
    with pytest.raises(UnknownModelError, match="is an encoder"):
        catalog.open("bert")


def test_one_whose_base_is_gone_or_another_says_so(root: Path, tmp_path: Path) -> None:
    other = save_encoder(tmp_path / "other", seed=9)
    with pytest.raises(AdapterMismatchError, match="'ft:bert:tags' was made for 'bert' as it was then"):
        shelf(other, root).open("ft:bert:tags")
    bare = Catalog(adapters=root)
    with pytest.raises(ModelUnavailableError, match="no longer there"):
        EncoderModels(bare, root).open("ft:bert:tags")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Anna's dog, at 10:30!", ["Anna", "'", "s", "dog", ",", "at", "10:30", "!"]),
        ("AT&T paid $1,000.50 on 2024-01-05.", ["AT&T", "paid", "$", "1,000.50", "on", "2024-01-05", "."]),
        ('["a b", "c"]', ["a b", "c"]),
        ("[1, 2]", ["[", "1", ",", "2", "]"]),
        ("", []),
    ],
)
def test_a_text_becomes_words(text: str, words: list[str]) -> None:
    assert list(words_of(text).words) == words
