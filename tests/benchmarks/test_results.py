"""The table of results, on a small task with a scripted model."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import pytest

from advisor.workbench import Workbench
from benchmarks.results import measure_task, table
from generation.catalog import Catalog, ModelCard
from generation.language_model import LanguageModel, Request
from generation.scripted_model import ScriptedModel
from retrieval.hashing_embedder import HashingEmbedder


class OneModel:
    """A source with one scripted model of a small context window."""

    def cards(self) -> Sequence[ModelCard]:
        return [ModelCard("scripted", 0, "test")]

    def open(self, name: str) -> LanguageModel:
        return ScriptedModel(name, answer, context_window=300)


def answer(request: Request) -> str:
    return "odd" if request.messages[-1].content.rstrip()[-1] in "13579" else "even"


def write_task(folder: Path) -> Path:
    folder.mkdir()
    rows = [{"input": f"Number {i}", "output": "odd" if i % 2 else "even"} for i in range(40)]
    unseen = [{"input": "word " * 400, "output": "even"}, {"input": "Half of 1", "output": "neither"}]
    task = {"description": "Odd or even?", "metric": "macro_f1", "model": "scripted"}
    (folder / "task.json").write_text(json.dumps(task))
    for name, lines in {"samples.jsonl": rows, "test.jsonl": [*rows[:18], *unseen]}.items():
        (folder / name).write_text("\n".join(map(json.dumps, lines)))
    return folder


def test_measures_a_task_whose_test_lines_are_strange(tmp_path: Path) -> None:
    catalog = Catalog()
    catalog.add_source(OneModel())
    given = Namespace(preset="quick", seed=0, samples=500, test=500)
    workbench = Workbench(catalog, HashingEmbedder())
    found = measure_task(write_task(tmp_path / "parity"), tmp_path / "out", workbench, given)
    assert found["recommended"] == "zero-shot"
    assert found["on_test"]["zero-shot"] == pytest.approx((18 / 19 + 18 / 19 + 0) / 3)
    gain, low, high = found["loss"]
    assert low <= gain <= high and gain == pytest.approx(0, abs=0.06)
    assert "| parity (macro_f1) | 40 / 20 |" in table([found])
