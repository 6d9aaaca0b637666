"""Tasks on disk, and the customers drawn from them: random parts of a task's samples.

The customers of one draw are nested (the 20 samples are among the 50), so that sizes differ by size alone.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from advisor.task import understand
from advisor.use_case import Preset, UseCase
from advisor.use_case_files import load_use_case, read_rows


class TestLine(NamedTuple):
    """A case that no customer has."""

    number: int
    """From 0."""
    input: str
    output: str
    weight: float
    """How many lines of a plain draw it stands for: less than 1 where more of its label were taken."""


@dataclass(frozen=True, slots=True)
class BenchTask:
    """A task folder, read."""

    name: str
    pool: UseCase
    """With every sample."""
    test: tuple[TestLine, ...]
    """Those that are answered."""
    kind: str
    """`output` of task.json: label, span, text or json."""


@dataclass(frozen=True, slots=True)
class Customer:
    """`n` samples of a task; the draw is also the adviser's seed."""

    task: str
    n: int
    draw: int

    @property
    def key(self) -> str:
        """Its name within the task."""
        return f"{self.n}-{self.draw}"


def read_task(folder: Path, most: int, model: str | None, preset: Preset) -> BenchTask:
    """The task with at most so many test lines, drawn by the task's name.

    Where the metric counts every label alike, as many lines of each label are taken as there are.

    Raises:
        UseCaseError: a file is missing or not valid.

    """
    pool = load_use_case(folder)
    # Named, so that no customer guesses another metric from its few samples.
    metric = understand(pool).metric.name
    pool = pool.model_copy(update={"preset": preset, "metric": metric, "model": model or pool.model})
    lines = read_rows(folder / "test.jsonl", ("input", "output"))
    strata = [line["output"].strip().casefold() if metric == "macro_f1" else "" for line in lines]
    drawn = draw_lines(_order(f"{folder.name}/test", len(lines)), strata, most)
    kind = json.loads((folder / "task.json").read_text("utf-8")).get("output", "text")
    return BenchTask(folder.name, pool, tuple(_line(i, lines[i], w) for i, w in drawn.items()), kind)


def draw_lines(order: Sequence[int], strata: Sequence[str], most: int) -> dict[int, float]:
    """Line -> weight, of at most so many lines: one of each stratum in turn, the first in the order first.

    Weights restore the shares of the strata, and are 1 on average.
    """
    every, rank = Counter[str](), dict[int, int]()
    for line in order:
        rank[line] = every[strata[line]]
        every[strata[line]] += 1
    taken = sorted(sorted(order, key=rank.__getitem__)[:most])
    some = Counter(strata[line] for line in taken)
    return {i: every[strata[i]] / some[strata[i]] * len(taken) / len(order) for i in taken}


def customers(task: str, pool: int, sizes: Sequence[int], draws: int) -> list[Customer]:
    """One customer a size and draw; where a task has fewer samples, the one that has them all."""
    drawn = [
        Customer(task, min(size, pool), draw) for size in sizes for draw in range(draws if size < pool else 1)
    ]
    return list(dict.fromkeys(drawn))


def use_case_of(customer: Customer, pool: UseCase) -> UseCase:
    """What this customer hands in."""
    order = _order(f"{customer.task}/{customer.draw}", len(pool.samples))
    samples = tuple(pool.samples[i] for i in sorted(order[: customer.n]))
    return pool.model_copy(update={"samples": samples, "seed": customer.draw})


def _line(number: int, row: dict[str, Any], weight: float) -> TestLine:
    wanted = row["output"]
    text = json.dumps(wanted, ensure_ascii=False) if isinstance(wanted, dict) else wanted
    return TestLine(number, row["input"], text, weight)


def _order(name: str, n: int) -> list[int]:
    """A random order of n things that depends on the name alone."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
    return [int(i) for i in np.random.default_rng(seed).permutation(n)]
