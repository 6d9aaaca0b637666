"""`trivium tune`: the doors of `trivium train`, several trainings behind them, and the best one a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from service.cli import app
from tests.service.test_training_jobs import LABELS, PAIRS, TAGGED
from tests.tiny_models import save_encoder

KEY = "my key is AKIAIOSFODNN7EXAMPLE"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    save_encoder(folder / "bert")
    leaky = [*LABELS, {"text": KEY, "label": "odd"}, {"text": "row 0", "label": "odd"}]
    for name, rows in {"leaky": leaky, "sums": PAIRS, "tags": TAGGED}.items():
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


def trivium(home: Path, tiny_llama: Path, *arguments: Any) -> Result:
    folders = {"tiny": str(tiny_llama), "bert": str(home / "bert")}
    environment = {"TRIVIUM_DATA_DIR": str(home / "data"), "TRIVIUM_MODEL_FOLDERS": json.dumps(folders)}
    return CliRunner(env={"COLUMNS": "200", **environment}).invoke(app, [*map(str, arguments)])


def test_what_train_refuses_is_refused_in_the_same_words(home: Path, tiny_llama: Path) -> None:
    wrong = {
        "secret key": ["leaky.jsonl"],
        "recipe.kind": ["sums.jsonl", "--kind", "magic"],
        "it holds tagged tokens": ["tags.jsonl"],
        "an encoder learns by an adapter": ["tags.jsonl", "--model", "bert", "--kind", "full"],
    }
    for said, (file, *options) in wrong.items():
        asked = [home / file, "--model", "tiny", *options]
        refused, trained = (trivium(home, tiny_llama, command, *asked) for command in ("tune", "train"))
        assert refused.exit_code == 2 and said in refused.stderr, refused.stderr
        assert refused.stderr == trained.stderr
    assert not (home / "data" / "adapters").exists()


def test_what_cannot_be_searched_is_said(home: Path, tiny_llama: Path) -> None:
    head = trivium(home, tiny_llama, "tune", home / "tags.jsonl", "--model", "bert", "--kind", "head")
    assert head.exit_code == 2 and "in one go" in head.stderr
    remote = trivium(home, tiny_llama, "tune", home / "sums.jsonl", "--model", "openai:x")
    assert remote.exit_code == 2 and "no local base" in remote.stderr


def test_an_encoder_is_tuned_by_its_entities(home: Path, tiny_llama: Path) -> None:
    asked = ["tune", home / "tags.jsonl", "--model", "bert", "--epochs", 1]
    tuned = trivium(home, tiny_llama, *asked)
    assert tuned.exit_code == 0, tuned.stderr
    assert "entity_f1" in tuned.stdout and tuned.stdout.split()[-1].startswith("ft:bert:trivium:tags:")
    assert "Collect 50 rows" in tuned.stderr
    assert "Estimate" in tuned.stderr and "of 9 trainings" in tuned.stderr
    again = trivium(home, tiny_llama, *asked)
    assert again.stdout == tuned.stdout and "Estimate" not in again.stderr


def test_own_weights_of_the_last_layer_are_tuned_without_ranks(home: Path, tiny_llama: Path) -> None:
    last = ["--kind", "last_layers", "--layers", 1, "--epochs", 1]
    accepted = ["--accept", "secret_keys", "--accept", "conflicting_labels"]
    tuned = trivium(home, tiny_llama, "tune", home / "leaky.jsonl", "--model", "tiny", *last, *accepted)
    assert tuned.exit_code == 0, tuned.stderr
    *_, name = tuned.stdout.split()
    assert [line.split()[1] for line in tuned.stdout.splitlines()[1:-1]].count("x1") == 1
    plain = trivium(home, tiny_llama, "tune", home / "sums.jsonl", "--model", "tiny", *last)
    assert plain.exit_code == 0 and plain.stdout.split()[:4] == ["rank", "rate", "epochs", "loss"]
    assert (home / "data" / "adapters").is_dir() and name.startswith("ft:tiny:trivium:leaky:")
