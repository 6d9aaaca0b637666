"""The web process, the worker and the command line stay light."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"torch", "transformers", "peft", "faiss", "sentence_transformers"}
HELP = """
from service.cli import app
sys.argv = ["trivium", "--help"]
try:
    app()
except SystemExit:
    pass
"""


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import service.processes.web", HEAVY),
        ("import service.jobs.worker", HEAVY),
        (HELP, HEAVY | {"fastapi", "numpy", "openai", "pydantic", "sqlalchemy"}),
    ],
    ids=["web", "worker", "help"],
)
def test_no_heavy_library_is_loaded(code: str, unwanted: set[str]) -> None:
    told = f"import sys\n{code}\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert "service" in done.stderr.split() and not unwanted & set(done.stderr.split())
