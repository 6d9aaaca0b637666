"""LoRA on a tiny real model: what does not fit is counted, and whoever asks to stop is heard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.errors import Cancelled
from advisor.estimate import situation_of
from advisor.events import never
from advisor.methods import Training
from advisor.methods.lora import Lora
from advisor.plan import ADAPTER
from advisor.use_case import UseCase
from advisor.workbench import Workbench
from generation.catalog import Catalog
from retrieval.hashing_embedder import HashingEmbedder

pytestmark = pytest.mark.slow


def training(base: Path, folder: Path, cancelled: Callable[[], bool] = never) -> Training:
    samples = [{"input": f"case number {i}", "output": "yes" if i % 2 else "no"} for i in range(20)]
    samples[3]["input"] = "word " * 1_200
    case = UseCase.model_validate({"description": "Decide.", "samples": samples, "model": "tiny"})
    workbench = Workbench(Catalog(locals={"tiny": base}), HashingEmbedder())
    return Training(situation_of(case), case.samples, None, workbench, folder, 0, cancelled)


def test_what_does_not_fit_is_not_learned_from_and_counted(tiny_llama: Path, tmp_path: Path) -> None:
    plan = Lora().prepare(training(tiny_llama, tmp_path))
    assert plan.adapted and plan.unlearned == 1


def test_a_training_stops_when_asked(tiny_llama: Path, tmp_path: Path) -> None:
    looks = iter([False, False, True])
    with pytest.raises(Cancelled):
        Lora().prepare(training(tiny_llama, tmp_path, lambda: next(looks)))
    assert next(looks, None) is None
    assert not (tmp_path / ADAPTER).exists()
