"""`trivium train` on this machine, from files to models that answer."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from service.cli import app
from tests.service.test_training_jobs import LABELS, PAIRS, TAGGED
from tests.tiny_models import save_encoder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    save_encoder(folder / "bert")
    for name, rows in {"sums": PAIRS, "labels": LABELS, "tags": TAGGED, "old": PAIRS[:6]}.items():
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


def train(home: Path, tiny_llama: Path, *arguments: Any) -> Result:
    folders = {"tiny": str(tiny_llama), "bert": str(home / "bert")}
    environment = {"TRIVIUM_DATA_DIR": str(home / "data"), "TRIVIUM_MODEL_FOLDERS": json.dumps(folders)}
    return CliRunner(env={"COLUMNS": "200", **environment}).invoke(app, ["train", *map(str, arguments)])


def test_a_token_head_is_fitted_and_an_encoder_is_trained_on(home: Path, tiny_llama: Path) -> None:
    tags = home / "tags.jsonl"
    done = train(home, tiny_llama, tags, "--model", "bert", "--kind", "head")
    assert done.exit_code == 0, done.stderr
    assert "Estimate" not in done.stderr
    head = done.stdout.split()[-1]
    assert head.startswith("ft:bert:trivium:tags:")
    refused = train(home, tiny_llama, tags, "--model", head)
    assert refused.exit_code == 2 and "is a head alone" in refused.stderr
    parent = train(home, tiny_llama, tags, "--model", "bert", "--epochs", 1).stdout.split()[-1]
    kept = train(home, tiny_llama, tags, "--model", parent, "--rank", 4)
    assert kept.exit_code == 2 and "recipe.rank" in kept.stderr and "train its base anew" in kept.stderr
    child = train(home, tiny_llama, tags, "--model", parent, "--mode", "continue", "--epochs", 1)
    assert child.exit_code == 0, child.stderr
    assert child.stdout.split()[-1].startswith("ft:bert:trivium:tags:") and parent not in child.stdout


def test_a_child_is_trained_with_files_beside_its_own(home: Path, tiny_llama: Path) -> None:
    short = ["--epochs", 1, "--seed", 3]
    first = train(home, tiny_llama, home / "sums.jsonl", "--model", "tiny", "--rank", 4, *short)
    assert first.exit_code == 0, first.stderr
    told = r"Estimate: about [\d,]+ s, [\d,]+ MiB of memory, [\d,]+ tokens in \d+ steps"
    assert re.search(told, first.stderr)
    parent = first.stdout.split()[-1]
    child = [home / "labels.jsonl", "--model", parent, "--mode", "stack", *short]
    beside = ["--mix", f"{home / 'sums.jsonl'}=0.5", "--replay", home / "old.jsonl", "--gate"]
    done = train(home, tiny_llama, *child, *beside, f"{home / 'old.jsonl'}=1")
    assert done.exit_code == 0, done.stderr
    assert "Gate: the score was" in done.stderr and "Collect 50 rows" in done.stderr
    again = train(home, tiny_llama, *child, *beside, f"{home / 'old.jsonl'}=1")
    assert again.stdout == done.stdout and "Gate" not in again.stderr
    assert "Estimate" in done.stderr and "Estimate" not in again.stderr


def test_what_makes_no_sense_is_said(home: Path, tiny_llama: Path) -> None:
    remote = ["--model", "openai:x", "--data-may-leave"]
    wrong = {
        "recipe.kind: a head is fitted on an encoder": ["sums.jsonl", "--kind", "head"],
        "recipe.kind": ["sums.jsonl", "--kind", "magic"],
        "training_file: it holds tagged tokens": ["tags.jsonl"],
        "the least is 10": ["old.jsonl"],
        "recipe.rank: another server is told": ["sums.jsonl", *remote, "--rank", 4],
        "nobody": ["sums.jsonl", "--model", "nobody"],
    }
    for said, (file, *options) in wrong.items():
        refused = train(home, tiny_llama, home / file, "--model", "tiny", *options)
        assert refused.exit_code == 2 and said in refused.stderr, (said, refused.stderr)
