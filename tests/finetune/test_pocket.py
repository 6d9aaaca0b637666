"""The model in the box learns a small task, by the usual recipe."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.dataset import TrainingExample
from finetune.recipe import Recipe
from finetune.training import train_adapter
from generation.catalog import Catalog
from generation.language_model import LanguageModel, Request
from generation.messages import Conversation, Message
from generation.prompts import render

pytestmark = pytest.mark.slow

WORDS = {
    "make_update": ("update", "upgrade", "new version"),
    "setup_printer": ("printer", "printing", "scanner"),
    "shutdown_computer": ("shutdown", "turn off", "power off"),
}
SEEN = ("I have a problem with my {}.", "How to {}?", "{} does not work", "Question about {}")
UNSEEN = ("Please help, the {} is wrong", "My {} again!")


def cases(forms: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(form.format(word), topic) for form in forms for topic, words in WORDS.items() for word in words]


def ask(text: str) -> Conversation:
    return render("Which topic is it?", text, labels=tuple(WORDS))


def share_of_labels(model: LanguageModel) -> float:
    """How many free answers to unseen texts are one of the labels, to the letter."""
    answers = model.generate([Request(ask(text), max_tokens=16) for text, _ in cases(UNSEEN)])
    return sum(a.text in WORDS and a.finish_reason == "stop" for a in answers) / len(answers)


def test_pocket_learns_the_form_of_the_answers_from_thirty_six_rows(tmp_path: Path) -> None:
    rows = [TrainingExample((*ask(text), Message("assistant", topic))) for text, topic in cases(SEEN)]
    catalog = Catalog(adapters=tmp_path)
    report = train_adapter(catalog.folder("pocket"), rows, Recipe.for_size(len(rows)), tmp_path / "topics")
    assert report.canary.ended
    assert report.canary.served_loss < report.canary.base_loss / 3
    assert ("topics", "pocket") in [(card.name, card.parent) for card in catalog.cards()]
    assert share_of_labels(catalog.open("topics")) > 0.9
