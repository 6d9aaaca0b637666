"""LoRA on top of an adapter: only where the use case names one, and served as one adapter."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from advisor.deployment import deploy, open_deployment
from advisor.errors import UseCaseError
from advisor.estimate import situation_of
from advisor.methods.stacked_lora import StackedLora
from advisor.plan import ADAPTER
from advisor.use_case import UseCase
from advisor.workbench import Workbench
from generation.adapter_folder import adapter_path
from generation.catalog import Catalog
from retrieval.hashing_embedder import HashingEmbedder

NAME = "ft:tiny:mine:0001"


def case(model: str) -> UseCase:
    samples = [{"input": f"case number {i}", "output": "yes" if i % 2 else "no"} for i in range(20)]
    return UseCase.model_validate({"description": "Decide.", "samples": samples, "model": model})


def rank(deployment: Path) -> int:
    return int(json.loads((deployment / ADAPTER / "adapter_config.json").read_text())["r"])


def test_it_says_where_it_does_not_apply() -> None:
    assert "no adapter" in (StackedLora().why_not(situation_of(case("pocket"))) or "")
    assert "remote" in (StackedLora().why_not(situation_of(case("openai:x"))) or "")
    assert StackedLora().why_not(situation_of(case(NAME))) is None


@pytest.mark.slow
def test_it_builds_on_the_adapter_that_is_named(tiny_llama: Path, tmp_path: Path) -> None:
    made = tmp_path / "adapters"
    bench = Workbench(Catalog(locals={"tiny": tiny_llama}, adapters=made), HashingEmbedder())
    first = deploy(case("tiny"), "lora", bench, tmp_path / "first")
    shutil.copytree(tmp_path / "first" / ADAPTER, adapter_path(made, NAME))
    plan = deploy(case(NAME), "stacked-lora", bench, tmp_path / "second")
    assert rank(tmp_path / "second") == 2 * rank(tmp_path / "first") and plan.model == first.model == "tiny"
    said = [open_deployment(tmp_path / "second", bench).answer(["case number 5"]) for _ in range(2)]
    assert said[0][0].text == said[1][0].text


@pytest.mark.slow
def test_a_whole_model_is_nothing_to_stack_on(tiny_llama: Path, tmp_path: Path) -> None:
    whole = "ft:whole"
    bench = Workbench(Catalog(locals={whole: tiny_llama}), HashingEmbedder())
    with pytest.raises(UseCaseError, match="not an adapter"):
        deploy(case(whole), "stacked-lora", bench, tmp_path / "served")
