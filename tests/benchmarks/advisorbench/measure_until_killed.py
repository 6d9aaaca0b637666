"""Measure one customer with a scripted model; with a number, kill the process at that many requests.

python measure_until_killed.py TASK_FOLDER OUT [REQUESTS]: prints how many requests were made.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from advisor.workbench import Workbench
from benchmarks.advisorbench.customers import Customer, read_task
from benchmarks.advisorbench.measuring import Places, measure_customer
from generation.catalog import Catalog, ModelCard
from generation.language_model import LanguageModel, Request
from generation.scripted_model import ScriptedModel
from retrieval.hashing_embedder import HashingEmbedder


class Counted:
    """A source with one scripted model that is right about every number, and counts."""

    def __init__(self, last: int | None = None) -> None:
        self.requests, self._last = 0, last

    def cards(self) -> Sequence[ModelCard]:
        return [ModelCard("scripted", 0, "test")]

    def open(self, name: str) -> LanguageModel:
        return ScriptedModel(name, self._answer, context_window=600)

    def _answer(self, request: Request) -> str:
        self.requests += 1
        if self.requests == self._last:
            os.kill(os.getpid(), signal.SIGKILL)
        return "odd" if request.messages[-1].content.rstrip()[-1] in "13579" else "even"


def workbench(source: Counted) -> Workbench:
    catalog = Catalog()
    catalog.add_source(source)
    return Workbench(catalog, HashingEmbedder())


def measure(folder: Path, out: Path, source: Counted, test_lines: int = 20, n: int = 20) -> Path:
    task, customer = read_task(folder, test_lines, None, "quick"), Customer(folder.name, n, 0)
    places = Places(out / "tensors", out / "work", out / "truth")
    measure_customer(task, customer, workbench(source), places, lambda told: None)
    return places.kept(task, customer)


if __name__ == "__main__":
    measure(Path(sys.argv[1]), Path(sys.argv[2]), Counted(int(sys.argv[3])))
