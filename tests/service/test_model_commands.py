"""`trivium tune` and `trivium compare`, from a file to a model and to figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from finetune.comparing import Interval
from service.cli import app
from service.commands.compare import told

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def trivium(home: Path, base: Path, *arguments: Any) -> Result:
    environment = {"TRIVIUM_DATA_DIR": str(home), "TRIVIUM_MODEL_FOLDERS": json.dumps({"tiny": str(base)})}
    return CliRunner(env={"COLUMNS": "200", **environment}).invoke(app, [*map(str, arguments)])


def test_a_tuned_model_is_compared_with_its_base(tiny_llama: Path, tmp_path: Path) -> None:
    rows = tmp_path / "animals.csv"
    sounds = {"meow": "cat", "woof": "dog", "moo": "cow", "baa": "sheep"}
    lines = [
        f"{sound}{mark},{animal}"
        for mark in ("", "!", "?", " now", " then")
        for sound, animal in sounds.items()
    ]
    rows.write_text("\n".join(["text,label", *lines]))
    tuned = trivium(tmp_path / "home", tiny_llama, "tune", rows, "--model", "tiny", "--epochs", 2)
    assert tuned.exit_code == 0, tuned.stderr
    name = tuned.stdout.split()[-1]
    assert name.startswith("ft:tiny:trivium:animals:") and "exact_match" in tuned.stdout
    out = tmp_path / "compared.json"
    compared = trivium(tmp_path / "home", tiny_llama, "compare", "tiny", name, "--data", rows, "--json", out)
    assert compared.exit_code == 0, compared.stderr
    found = json.loads(out.read_text())
    assert [side["model"] for side in found["sides"]] == ["tiny", name]
    assert found["sides"][1]["gain"] and len(found["sides"][1]["answers"]) == 20 == len(found["lines"])
    wrong = trivium(tmp_path / "home", tiny_llama, "compare", "tiny", "nobody", "--data", rows)
    assert wrong.exit_code == 2 and "nobody" in wrong.stderr
    alone = trivium(tmp_path / "home", tiny_llama, "compare", "tiny", "--data", rows)
    assert alone.exit_code == 2 and "two different models" in alone.stderr


def test_an_interval_is_told_with_its_bounds() -> None:
    assert told(Interval(0.5, 0.25, 0.75), "+.3f") == "+0.500 (+0.250 to +0.750)"
