"""A customer is measured once, whatever happens on the way."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from advisor.recommend import recommend
from benchmarks.advisorbench.customers import Customer, read_task, use_case_of
from benchmarks.advisorbench.replay import advise, see_all
from benchmarks.advisorbench.tensors import Tensor, load

SCRIPT = Path(__file__).with_name("measure_until_killed.py")
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("measure_until_killed", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def whole(script: ModuleType, parity: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Tensor, int]:
    """Measured in one go, and the requests that it took."""
    source = script.Counted()
    return load(script.measure(parity, tmp_path_factory.mktemp("whole"), source)), source.requests


def test_every_method_has_samples_and_test_lines(whole: tuple[Tensor, int]) -> None:
    tensor, _ = whole
    assert tensor.about.labels == ("even", "odd")
    assert {"zero-shot", "few-shot", "feature-head", "rag"} <= set(tensor.samples)
    assert set(tensor.test) == set(tensor.samples)
    assert {len(part.item) for part in (*tensor.samples.values(), tensor.constant)} == {20}
    assert {len(part.item) for part in tensor.test.values()} == {20}
    right = tensor.metric.value(tensor.test["zero-shot"].columns.sum(axis=0))
    assert right == pytest.approx(1.0)
    assert tensor.metric.value(tensor.constant.columns.sum(axis=0)) < 0.5


def test_the_rule_says_of_the_tensor_what_it_said_of_the_customer(whole: tuple[Tensor, int]) -> None:
    [seen] = see_all([whole[0]])
    advice = advise(seen)
    assert (advice.verdict, advice.recommended) == (seen.about.verdict, seen.about.recommended)
    assert advice.served == "zero-shot" and seen.truth.regret["zero-shot"] == pytest.approx(0)
    assert seen.cost == 1.0


def test_the_replayed_race_says_what_the_race_says(script: ModuleType, parity: Path, tmp_path: Path) -> None:
    tensor = load(script.measure(parity, tmp_path / "bench", script.Counted(), n=70))
    case = use_case_of(Customer(parity.name, 70, 0), read_task(parity, 20, None, "quick").pool)
    raced = recommend(case, script.workbench(script.Counted()), tmp_path / "raced")
    assert any(row.dropped for row in raced.rows)
    [seen] = see_all([tensor])
    advice = advise(seen)
    assert (advice.verdict, advice.recommended) == (raced.verdict, raced.recommended)
    assert seen.winner is not None and seen.winner[1] == pytest.approx(raced.winner_interval)
    assert seen.cost < 1


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.4, 0.9], ids=["while advising", "while measuring the truth"])
def test_resumes_after_kill_9(
    script: ModuleType, whole: tuple[Tensor, int], parity: Path, tmp_path: Path, share: float
) -> None:
    tensor, requests = whole
    last = round(share * requests)
    command = [sys.executable, SCRIPT, parity, tmp_path, str(last)]
    killed = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False)
    assert killed.returncode == -signal.SIGKILL and not list((tmp_path / "tensors").rglob("*.parquet"))
    source = script.Counted()
    resumed = load(script.measure(parity, tmp_path, source))
    assert source.requests < requests
    assert not list((tmp_path / "work").rglob("*.parquet"))
    for mine, other in ((resumed.samples, tensor.samples), (resumed.test, tensor.test)):
        assert list(mine) == list(other)
        assert all(np.array_equal(mine[name].columns, other[name].columns) for name in mine)
    again = script.Counted()
    script.measure(parity, tmp_path, again)
    assert again.requests == 0


def test_a_tensor_of_other_test_lines_is_not_taken_for_this_one(
    script: ModuleType, parity: Path, tmp_path: Path
) -> None:
    script.measure(parity, tmp_path, script.Counted())
    with pytest.raises(FileExistsError, match="another model, task or preset"):
        script.measure(parity, tmp_path, script.Counted(), test_lines=10)
