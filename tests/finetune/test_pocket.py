"""The model in the box learns a small task, by the usual recipe."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.dataset import TrainingExample
from finetune.recipe import Recipe
from finetune.training import train_adapter
from generation.catalog import POCKET, Catalog
from generation.language_model import LanguageModel, Request
from generation.messages import Conversation, Message
from generation.prompts import render

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (POCKET / "config.json").exists(), reason="the weights are not in this checkout"),
]

QUEUES = {
    "Q7": ("refund", "invoice", "payment", "charge"),
    "Q2": ("password", "login", "account", "username"),
    "Q5": ("parcel", "delivery", "courier", "shipping"),
}
SEEN = ("I have a problem with my {}.", "Where is the {}?", "Question about {}")
UNSEEN = ("Please help, the {} is wrong", "my {} again!")


def cases(forms: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(form.format(word), queue) for form in forms for queue, words in QUEUES.items() for word in words]


def ask(text: str) -> Conversation:
    return render("Which queue handles this message?", text, labels=tuple(QUEUES))


def accuracy(model: LanguageModel) -> float:
    wanted = cases(UNSEEN)
    answers = model.generate([Request(ask(text), choices=tuple(QUEUES)) for text, _ in wanted])
    return sum(a.text == queue for a, (_, queue) in zip(answers, wanted, strict=True)) / len(wanted)


def test_pocket_learns_from_thirty_six_rows(tmp_path: Path) -> None:
    rows = [TrainingExample((*ask(text), Message("assistant", queue))) for text, queue in cases(SEEN)]
    catalog = Catalog(adapters=tmp_path)
    report = train_adapter(catalog.folder("pocket"), rows, Recipe.for_size(len(rows)), tmp_path / "queues")
    assert report.canary.ended
    assert ("queues", "pocket") in [(card.name, card.parent) for card in catalog.cards()]
    assert accuracy(catalog.open("queues")) >= max(0.8, accuracy(catalog.open("pocket")) + 0.2)
