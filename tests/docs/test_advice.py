"""docs/advice.md lists what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from advisor.audit import Code
from advisor.decision import Verdict
from advisor.use_case import Economics

TEXT = (Path(__file__).parents[2] / "docs" / "advice.md").read_text("utf-8")


def named(heading: str) -> set[str]:
    """What the first column of the table under a heading names."""
    section = TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def test_the_tables_are_complete() -> None:
    assert named("The verdict") == set(get_args(Verdict))
    assert named("What is odd about the samples") == set(get_args(Code))
    assert named("Money") == set(Economics.model_fields)
