"""`trivium corpus ask`: answers with their sources, and a plain no."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.cli import app

RIVER = "The river Alda rises in the hills of Morn. It is long."


@pytest.fixture
def store(tmp_path: Path) -> Path:
    (tmp_path / "river.md").write_text(RIVER)
    made = tmp_path / "store"
    assert (
        CliRunner().invoke(app, ["corpus", "add", str(tmp_path / "river.md"), "--store", str(made)]).exit_code
        == 0
    )
    return made


def ask(store: Path, *arguments: object) -> Result:
    return CliRunner().invoke(app, ["corpus", "ask", *map(str, arguments), "--store", str(store)])


def test_an_answer_stands_above_its_sources(store: Path) -> None:
    shown = ask(store, "Where does the river Alda rise?", "--threshold", 0)
    assert shown.exit_code == 0, shown.output
    first, *rest = shown.stdout.splitlines()
    assert first.endswith("hills of Morn")
    assert any(line.endswith("river.md [0:42]") for line in rest)
    told = json.loads(ask(store, "Where does the river Alda rise?", "--threshold", 0, "--json").stdout)
    (cited,) = told["citations"]
    assert told["text"] in RIVER[cited["start"] : cited["end"]] == cited["quote"]


def test_weak_evidence_ends_with_status_one(store: Path) -> None:
    shown = ask(store, "Who painted the moon?", "--threshold", 0.99)
    assert shown.exit_code == 1 and "Insufficient evidence" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--reader", "generative"), "name a model"), (("--model", "nobody"), "There is no model 'nobody'")],
)
def test_a_reader_or_model_that_is_not_there_is_told(
    store: Path, arguments: tuple[str, ...], said: str
) -> None:
    shown = ask(store, "Where?", *arguments)
    assert shown.exit_code == 1 and said in shown.output
