"""One training left alone, and the same one killed again and again: each attempt a process of its own.

python train_until_killed.py BASE FOLDER METHOD [KILL ...]

A kill is a step (3) or a share of the time that the first took (0.25). Prints how each attempt ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from finetune.dataset import TrainingExample
from finetune.progress import Progress
from finetune.recipe import Recipe
from finetune.session import Session, Validation
from finetune.training import train_adapter
from generation.messages import Message
from generation.prompts import render


def rows(numbers: range) -> list[TrainingExample]:
    return [
        TrainingExample((*render("Add.", f"{n} + {n % 3}"), Message("assistant", str(n + n % 3))))
        for n in numbers
    ]


def judge(outputs: Sequence[str]) -> float:
    return sum(map(len, outputs))


def train(base: Path, out: Path, method: Any, kill: str = "") -> None:
    def die_at(told: Progress) -> None:
        if str(told.step) == kill:
            os.kill(os.getpid(), signal.SIGKILL)

    layers = 1 if method == "full" else None
    recipe = Recipe(
        method=method, layers=layers, rank=4, learning_rate=5e-3, epochs=3, batch_tokens=40, accumulate=2
    )
    train_adapter(
        base,
        rows(range(12)),
        recipe,
        out,
        validation=Validation(rows(range(12, 16)), judge),
        session=Session(on_step=die_at, checkpoints=out.with_name(f"{out.name}-checkpoints"), every=0),
    )


def attempt(base: Path, out: Path, method: str, kill: str = "", seconds: float = 0) -> int:
    """Negative is the signal that ended it; `seconds` is how long it takes to the end."""
    process = os.fork()
    if process == 0:
        train(base, out, method, kill)
        os._exit(0)
    if "." in kill:
        time.sleep(float(kill) * seconds)
        os.kill(process, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


if __name__ == "__main__":
    base, folder, method, *kills = sys.argv[1:]
    began = time.monotonic()
    ends = [attempt(Path(base), Path(folder) / "alone", method)]
    took = time.monotonic() - began
    ends += [attempt(Path(base), Path(folder) / "killed", method, kill, took) for kill in [*kills, ""]]
    sys.stdout.write(json.dumps(ends))
