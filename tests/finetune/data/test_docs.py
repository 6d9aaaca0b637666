"""docs/datasets.md says what is so."""

from __future__ import annotations

import re
from pathlib import Path

from finetune.data.codes import CODES
from finetune.data.layouts import LAYOUTS
from finetune.data.limits import Limits

DOC = (Path(__file__).parents[3] / "docs" / "datasets.md").read_text("utf-8")


def test_the_table_of_codes_is_the_list_of_codes() -> None:
    told = re.findall(r"^\| `(\w+)` \| (error|warning|info) \| (yes)? *\| (.*) \|$", DOC, re.MULTILINE)
    assert told == [(code, c.severity, "yes" if c.safe else "", c.remedy) for code, c in CODES.items()]


def test_the_table_of_columns_is_the_list_of_layouts() -> None:
    rows = re.findall(r"^\| (`[^|]*) \| [a-z ]+ \|$", DOC, re.MULTILINE)
    told = [re.findall(r"`(\w+)`", row) for row in rows if "error" not in row]
    assert told == [[*layout.columns, *layout.optional] for layout in LAYOUTS]


def test_the_limits_are_those_of_the_code() -> None:
    limits = Limits()
    assert f"{limits.rows:,} rows" in DOC and f"{limits.cell_characters:,} characters" in DOC
    assert (limits.file_bytes, limits.unpacked_bytes) == (10**9, 2 * 10**9)
