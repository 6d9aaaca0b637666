"""A task that a tiny model can learn."""

from __future__ import annotations

import pytest

from finetune.dataset import TrainingExample
from generation.messages import Message
from generation.prompts import render


@pytest.fixture(scope="session")
def animals() -> list[TrainingExample]:
    """Sounds to animals: four questions in several dresses, one answer each."""
    pairs = {"meow": "cat", "woof": "dog", "moo": "cow", "baa": "sheep"}
    return [
        TrainingExample((*render("Who is it?", f"{sound}{mark}"), Message("assistant", animal)))
        for mark in ("", "!", "?", " now", " again")
        for sound, animal in pairs.items()
    ]
