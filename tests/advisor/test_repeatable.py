"""The same use case and seed give the same advice, whatever order Python's sets have."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEASURE = """
import json, sys
from pathlib import Path
from advisor.recommend import recommend
from tests.advisor import test_learning_curves, test_racing
from tests.advisor.test_recommend import reads_passages, workbench
from tests.advisor.timeless import without_times

folder = Path(sys.argv[1])
cases = [test_racing.facts(), test_learning_curves.labels(60)]
found = [recommend(case, workbench(reads_passages)[0], folder / str(i)) for i, case in enumerate(cases)]
print(json.dumps([without_times(one.model_dump(mode="json")) for one in found], sort_keys=True))
"""


@pytest.mark.slow
def test_nothing_hangs_on_the_order_of_a_set(tmp_path: Path) -> None:
    said = []
    for seed in ("1", "2"):
        place = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        ran = subprocess.run(
            [sys.executable, "-c", MEASURE, str(tmp_path / seed)],
            env=place,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        said.append(ran.stdout)
    assert said[0] == said[1] and '"verdict": "clear"' in said[0]
