"""A task that a scripted model answers, and customers whose truth is known because it is simulated."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from benchmarks.advisorbench.tensors import About, Part, Tensor

FOLDS = 5
TEST_LINES = 300


@pytest.fixture(scope="session")
def about() -> About:
    return About(
        task="simulated",
        kind="label",
        n=50,
        draw=0,
        pool=500,
        model="none",
        preset="quick",
        metric="accuracy",
        margin=0.02,
        corpus=False,
        learning=("few-shot", "feature-head"),
        verdict="clear",
        recommended=None,
        wall_seconds=10.0,
        fingerprint="",
    )


@pytest.fixture(scope="session")
def part_of() -> Callable[..., Part]:
    def build(scores: list[float], learns: bool = True, seconds: float = 1.0, prepare: float = 0.0) -> Part:
        n = len(scores)
        whole = np.zeros(n, np.int64)
        return Part(
            columns=np.stack([np.array(scores, float), np.ones(n)], axis=1),
            item=np.arange(n),
            fold=np.arange(n) % FOLDS if learns else whole,
            group=np.arange(n),
            stratum=whole,
            seconds=np.full(n, seconds),
            prepare_seconds=np.full(n, prepare),
            prompt_tokens=whole,
            completion_tokens=whole,
        )

    return build


@pytest.fixture(scope="session")
def simulate(about: About, part_of: Callable[..., Part]) -> Callable[..., Tensor]:
    """Methods that are right with those probabilities, on a customer of n samples."""

    def build(truths: Mapping[str, float], n: int, draw: int, task: str = "simulated") -> Tensor:
        rng = np.random.default_rng([n, draw])

        def parts(items: int) -> dict[str, Part]:
            luck = rng.random(items)
            return {
                name: part_of(
                    (np.where(rng.random(items) < 0.6, luck, rng.random(items)) < p).astype(float).tolist(),
                    learns=name != "zero-shot",
                )
                for name, p in truths.items()
            }

        told = about.model_copy(update={"task": task, "n": n, "draw": draw})
        return Tensor(told, parts(n), part_of([0.0] * n), parts(TEST_LINES))

    return build


@pytest.fixture(scope="session")
def parity(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of tasks with one task: odd or even, with two documents."""
    folder = tmp_path_factory.mktemp("tasks") / "parity"
    folder.mkdir()
    rows = [{"input": f"Number {i}", "output": "odd" if i % 2 else "even"} for i in range(110)]
    task = {"description": "Odd or even?", "metric": "macro_f1", "output": "label", "model": "scripted"}
    documents = [{"id": d, "title": d, "text": f"Some numbers are {d}."} for d in ("odd", "even")]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, documents)))
    (folder / "task.json").write_text(json.dumps(task))
    (folder / "samples.jsonl").write_text("\n".join(map(json.dumps, rows[:80])))
    (folder / "test.jsonl").write_text("\n".join(map(json.dumps, rows[80:])))
    return folder
