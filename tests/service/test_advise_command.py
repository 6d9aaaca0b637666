"""`trivium advise` as a process, with a real model."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def folder(tmp_path: Path, use_case: dict) -> Path:
    folder = tmp_path / "task"
    folder.mkdir()
    (folder / "samples.jsonl").write_text("\n".join(map(json.dumps, use_case.pop("samples"))))
    (folder / "task.json").write_text(json.dumps(use_case))
    (folder / "test.jsonl").write_text("this must never be read")
    return folder


def start(tmp_path: Path, tiny_llama: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = os.environ | {
        "TRIVIUM_DATA_DIR": str(tmp_path / "data"),
        "TRIVIUM_MODEL_FOLDERS": json.dumps({"tiny": str(tiny_llama)}),
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "200",
    }
    command = [sys.executable, "-m", "service.cli", "advise", *arguments, "--model", "tiny"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env=environment, text=True, start_new_session=True, **pipes)


def trials(tmp_path: Path) -> dict[str, int]:
    return {p.name: p.stat().st_mtime_ns for p in tmp_path.glob("data/advise/*/trials/*.parquet")}


def test_it_measures_and_hands_over_the_report(tmp_path: Path, folder: Path, tiny_llama: Path) -> None:
    outputs = ["--json", str(tmp_path / "r.json"), "--report", str(tmp_path / "r.html")]
    process = start(tmp_path, tiny_llama, str(folder), *outputs)
    said, log = process.communicate()
    assert process.returncode == 0, log
    result = json.loads((tmp_path / "r.json").read_text())
    assert result["sentence"] == said.strip() and result["model"] == "tiny"
    assert "<html" in (tmp_path / "r.html").read_text()
    assert "not run: rag: the use case has no corpus" in log
    assert re.search(r"Estimate: \d+ methods on \d+ samples, [\d,]+ answers .*about [\d,]+ s", log)


def test_ctrl_c_keeps_what_was_measured(tmp_path: Path, folder: Path, tiny_llama: Path) -> None:
    process = start(tmp_path, tiny_llama, str(folder))
    while not trials(tmp_path):
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, log = process.communicate()
    before = trials(tmp_path)
    assert process.returncode == 130 and "run it again" in log.lower(), log
    process = start(tmp_path, tiny_llama, str(folder))
    said, log = process.communicate()
    assert process.returncode == 0 and said.strip(), log
    assert trials(tmp_path).items() > before.items()
