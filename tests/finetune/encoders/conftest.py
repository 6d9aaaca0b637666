"""A tiny BERT with random weights, and rows that it can learn."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.data.rows import LabelRow, TagRow
from tests.tiny_models import save_encoder

FAMILIES = ("BertConfig", "RobertaConfig", "DistilBertConfig")


@pytest.fixture(scope="session", params=FAMILIES)
def any_encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_encoder(tmp_path_factory.mktemp("encoders") / request.param, request.param)


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_encoder(tmp_path_factory.mktemp("encoders") / "bert")


@pytest.fixture(scope="session")
def sounds() -> list[LabelRow]:
    """Which animal it is; half of the words do not matter."""
    pairs = {"cat": "meow", "dog": "woof", "cow": "moo"}
    ends = ("", " now", " again", " at paris", " in rome", " the sheep")
    return [
        LabelRow(line, f"{sound}{end}", animal)
        for line, (end, (animal, sound)) in enumerate((e, p) for e in ends for p in pairs.items())
    ]


@pytest.fixture(scope="session")
def sentences() -> list[TagRow]:
    """Names and places."""
    frames = [
        ("{p} lives in {c}", "B-PER O O B-LOC"),
        ("now {p} says the {c} cow", "O B-PER O O B-LOC I-LOC"),
        ("{c} at {p} again", "B-LOC O B-PER O"),
    ]
    names = [(p, c) for p in ("anna", "otto") for c in ("paris", "rome")]
    filled = [(frame.format(p=p, c=c), tags) for frame, tags in frames for p, c in names]
    return [TagRow(i, tuple(text.split()), tuple(tags.split())) for i, (text, tags) in enumerate(filled)]
