"""`trivium corpus`: documents into a store and passages out of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.cli import app

RIVER = "The river Alda rises in the hills of Morn."


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    (folder / "deep").mkdir(parents=True)
    (folder / "river.md").write_text(RIVER)
    (folder / "deep" / "bridge.txt").write_text("The stone bridge at Kell carries the northern road.")
    (folder / ".hidden").write_text("not for you")
    return folder


def corpus(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["corpus", *map(str, arguments)])


def added(docs: Path, store: Path) -> Result:
    return corpus("add", docs, "--store", store)


def test_unchanged_documents_cost_nothing_and_changed_ones_are_replaced(docs: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    assert "2 added, 0 unchanged, 0 failed" in added(docs, store).stdout
    assert "0 added, 2 unchanged, 0 failed" in added(docs, store).stdout
    (docs / "river.md").write_text("The river dried up.")
    assert "1 added, 1 unchanged, 0 failed" in added(docs, store).stdout
    found = json.loads(corpus("search", "river", "--store", store, "--ranker", "lexical", "--json").stdout)
    assert [one["quote"] for one in found] == ["The river dried up."]
    stats = json.loads(corpus("stats", "--store", store, "--json").stdout)
    assert (stats["files"], stats["chunks"]) == (2, 2)


def test_passages_and_figures_in_words(docs: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    added(docs, store)
    shown = corpus("search", "where does the Alda rise", "--store", store, "--count", 1).stdout
    assert "river.md [0:42]" in shown and RIVER in shown
    assert "recall@10" in corpus("stats", "--store", store).stdout


def test_a_bad_file_is_named_and_the_others_go_on(
    docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (docs / "broken.pdf").write_bytes(b"%PDF-1.4 no more")
    real = Path.read_bytes

    def read(path: Path) -> bytes:
        if path.name == "bridge.txt":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", read)
    done = added(docs, tmp_path / "store")
    assert done.exit_code == 1 and "1 added, 0 unchanged, 2 failed" in done.stdout
    assert "bridge.txt: cannot be opened: Permission denied" in done.stderr
    assert "broken.pdf: The PDF is broken" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["add", "nowhere", "--store", "s"], 2, "no file nowhere"),
        (["add", ".", "--store", "s", "--chunk-tokens", "50"], 2, "choose one from 100"),
        (["search", "x", "--store", "nowhere"], 1, "holds no store"),
        (["search", "x", "--store", "nowhere", "--ranker", "magic"], 2, "choose one of"),
        (["stats", "--store", "nowhere"], 1, "holds no store"),
    ],
)
def test_what_is_wrong_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], status: int, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = corpus(*arguments)
    assert done.exit_code == status and message in done.stderr
