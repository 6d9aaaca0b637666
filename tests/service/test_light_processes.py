"""The web process and the command line stay light."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

HEAVY = "torch transformers peft faiss sentence_transformers"
LOADED = f"import sys; print(*sorted(set('{HEAVY}'.split()) & set(sys.modules)), file=sys.stderr)"
HELP = """
import sys
from service.cli import app
sys.argv = ["trivium", "--help"]
try:
    app()
except SystemExit:
    pass
"""


@pytest.mark.parametrize(
    "code",
    ["import service.app", "import service.processes.web", "import service.jobs.worker", HELP],
    ids=["app", "web", "worker", "help"],
)
def test_no_model_library_is_loaded(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{LOADED}"], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == ""


@pytest.mark.slow
def test_help_takes_less_than_a_second() -> None:
    """Of the processor, so that it does not hang on what else the machine does."""
    best = 60.0
    for _ in range(3):
        began = _seconds_of_children()
        subprocess.run([sys.executable, "-m", "service.cli", "--help"], capture_output=True, check=True)
        best = min(best, _seconds_of_children() - began)
    assert best < 1.0


def _seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
