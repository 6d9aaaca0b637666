"""QLoRA: refused with a remedy where its library is missing, real where it is there."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from finetune.dataset import TrainingExample
from finetune.errors import RecipeError
from finetune.recipe import Recipe
from finetune.session import Parent
from finetune.training import train_adapter
from generation.language_model import Request
from generation.transformers_model import TransformersModel

DIALS = Recipe(method="qlora", rank=8, learning_rate=1e-2, epochs=3, batch_tokens=400)


@pytest.mark.skipif(find_spec("bitsandbytes") is not None, reason="bitsandbytes is installed")
def test_without_its_library_it_says_what_to_install(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    with pytest.raises(RecipeError, match="pip install bitsandbytes"):
        train_adapter(tiny_llama, animals, DIALS, tmp_path / "a")


def test_an_adapter_learns_on_a_base_of_4_bits_and_serves_on_the_whole_one(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    pytest.importorskip("bitsandbytes")
    base = tiny_llama
    report = train_adapter(base, animals, DIALS, tmp_path / "a")
    losses = report.manifest.train_losses
    assert losses[-1] < 0.8 * losses[0]
    model = TransformersModel("a", base, adapter=tmp_path / "a")
    assert model.generate([Request(animals[0].messages[:-1], max_tokens=4)])
    child = train_adapter(base, animals[:8], DIALS, tmp_path / "b", parent=Parent(tmp_path / "a"))
    assert child.manifest.recipe.method == "qlora"
    with pytest.raises(RecipeError, match="continue it"):
        train_adapter(base, animals[:8], DIALS, tmp_path / "c", parent=Parent(tmp_path / "a", "stack"))
