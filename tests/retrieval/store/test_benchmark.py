from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_the_benchmark_runs_from_build_to_compaction(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.index", "--rows", "12000", "--dim", "32"]
    files = ["--json", str(tmp_path / "report.json"), "--folder", str(tmp_path)]
    subprocess.run([*command, *files], check=True, capture_output=True, cwd=Path(__file__).parents[3])
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["serving"]["recall@10"] > 0.99
    assert report["after_delete"]["recall@10"] > 0.99
    assert all(report["serving"][f"filter {share} %"]["recall@10"] > 0.99 for share in (1, 10, 50))
    assert list(tmp_path.iterdir()) == [tmp_path / "report.json"]
