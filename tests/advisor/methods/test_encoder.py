"""Encoder LoRA as a method: measured, deployed, and served as it was measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.deployment import deploy, open_deployment
from advisor.errors import Cancelled
from advisor.estimate import estimate, situation_of
from advisor.events import never
from advisor.methods import Training
from advisor.methods.encoder import EncoderLora
from advisor.plan import ADAPTER
from advisor.use_case import UseCase
from advisor.workbench import Workbench
from finetune.errors import HeadError
from generation.catalog import Catalog
from generation.errors import AdapterMismatchError
from retrieval.hashing_embedder import HashingEmbedder
from tests.tiny_models import save_encoder


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_encoder(tmp_path_factory.mktemp("encoders") / "bert")


def case(**changes: object) -> UseCase:
    pairs = {"cat": "meow", "dog": "woof", "cow": "moo"}
    samples = [
        {"input": f"{sound} {end}", "output": animal}
        for end in ("now", "again", "at paris", "in rome", "the sheep", "lives", "says")
        for animal, sound in pairs.items()
    ]
    body = {"description": "Which animal?", "samples": samples, "preset": "standard"}
    return UseCase.model_validate({**body, **changes})


def bench(encoder: Path | None) -> Workbench:
    return Workbench(Catalog(), HashingEmbedder(), encoder=encoder)


def training(tools: Workbench, folder: Path, cancelled: Callable[[], bool] = never) -> Training:
    use_case = case()
    return Training(situation_of(use_case), use_case.samples, None, tools, folder, 0, cancelled)


def test_what_was_prepared_is_what_is_deployed_and_served(encoder: Path, tmp_path: Path) -> None:
    plan = deploy(case(), "encoder-lora", bench(encoder), tmp_path / "served")
    assert plan.head and plan.adapted and plan.model == "bert"
    asked = [sample.input for sample in case().samples]
    answers = open_deployment(tmp_path / "served", bench(encoder)).answer(asked)
    again = open_deployment(tmp_path / "served", bench(encoder))
    assert [again.answer([text])[0].text for text in asked] == [a.text for a in answers]
    right = [a.text == sample.output for a, sample in zip(answers, case().samples, strict=True)]
    assert sum(right) > 0.9 * len(right)
    assert {(a.prompt_tokens, a.completion_tokens) for a in answers} == {(0, 0)}


def test_a_deployment_refuses_another_encoder(encoder: Path, tmp_path: Path) -> None:
    deploy(case(), "encoder-lora", bench(encoder), tmp_path / "served")
    other = save_encoder(tmp_path / "other", seed=9)
    with pytest.raises(AdapterMismatchError):
        open_deployment(tmp_path / "served", bench(other))
    with pytest.raises(HeadError, match="no encoder"):
        open_deployment(tmp_path / "served", bench(None))


def test_it_stops_when_asked(encoder: Path, tmp_path: Path) -> None:
    looks = iter([False, True])
    with pytest.raises(Cancelled):
        EncoderLora().prepare(training(bench(encoder), tmp_path, lambda: next(looks)))
    assert not (tmp_path / ADAPTER).exists()


def test_it_says_where_it_does_not_apply_and_tells_its_cost_before() -> None:
    told = estimate(case())
    assert "encoder-lora" in told.methods
    quick = estimate(case(preset="quick"))
    assert "quick preset" in quick.not_run["encoder-lora"]
    texts = [{"input": f"case {i}", "output": f"a long answer {i} to the case"} for i in range(20)]
    assert "labels" in estimate(case(samples=texts)).not_run["encoder-lora"]
