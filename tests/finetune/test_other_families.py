"""Models that write nothing are refused as such, before anything is learned."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finetune.dataset import TrainingExample
from finetune.recipe import Recipe
from finetune.training import train_adapter
from generation.errors import ModelUnavailableError


@pytest.mark.parametrize(
    "config",
    [
        {"model_type": "bert", "architectures": ["BertModel"]},
        {"model_type": "roberta", "architectures": ["RobertaForMaskedLM"]},
    ],
    ids=lambda config: config["model_type"],
)
def test_no_language_model_is_trained_as_one(
    config: dict, tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    base = tmp_path / "other"
    base.mkdir()
    for file in tiny_llama.iterdir():
        (base / file.name).write_bytes(file.read_bytes())
    known = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps({**known, **config}))
    with pytest.raises(ModelUnavailableError, match="'other' is no language model but an encoder"):
        train_adapter(base, animals, Recipe(), tmp_path / "out")
