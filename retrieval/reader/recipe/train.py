"""Train the reader: `python -m retrieval.reader.recipe.train OUT --minutes N`; resumes where it stopped.

`--start FOLDER` begins with the weights of that folder instead of an untrained head.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from generation.pocket.recipe.natural.lessons import Lesson, lessons
from retrieval.reader.network import Network
from retrieval.reader.pieces import Window, windows
from retrieval.reader.reader import WEIGHTS_FILE

RATE = 1e-3
POOL = 512
"""Lessons that are drawn at once, so that batches hold windows of like length."""
BATCH_PIECES = 1200
"""Pieces of one step, padding included."""
LONGEST = 240
"""Pieces of a window in training; longer lessons are left out."""
Task = tuple[Window, int, int]
"""A window and the pieces where its answer starts and ends; both 0 where there is none."""


class Training:
    """Network, optimiser and clock; all of it goes into a checkpoint.

    The clock counts trained seconds against the budget: the rate rises over the first steps and
    falls linearly to zero.
    """

    def __init__(self, folder: Path, seconds: float, start: Path | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.budget = folder, seconds
        torch.manual_seed(0)
        self.network = Network().eval()
        if start:
            self.network.take(start / WEIGHTS_FILE)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.network.to(self.device)
        self.parameters = list(self.network.trained().values())
        self.optimiser = torch.optim.AdamW(self.parameters, lr=RATE, weight_decay=0.01, fused=True)
        self.step = self.pieces = 0
        self.elapsed = 0.0
        self._resume()

    def run(self) -> None:
        """Train until the budget is used."""
        feed = batches(lessons(seed=self.step))
        next(feed)  # reads WordNet and the manuals, which must not use up the budget
        saved = shown = time.monotonic()
        seen: list[float] = []
        while self.elapsed < self.budget:
            began = time.monotonic()
            seen.append(self._step(next(feed)))
            self.elapsed += time.monotonic() - began
            if time.monotonic() - shown > 20:
                shown = time.monotonic()
                self._log(sum(seen) / len(seen))
                seen = []
            if time.monotonic() - saved > 200:
                saved = time.monotonic()
                self.save()
        self.save()

    def _step(self, batch: list[Task]) -> float:
        factor = min(1.0, (self.step + 1) / 50) * (1 - self.elapsed / self.budget)
        for group in self.optimiser.param_groups:
            group["lr"] = RATE * factor
        with torch.autocast(self.device, dtype=torch.bfloat16):
            scores = self.network([window for window, _, _ in batch])
        wanted = torch.tensor([[start, end] for _, start, end in batch], device=self.device)
        loss = torch.nn.functional.cross_entropy(scores, wanted)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step += 1
        self.pieces += sum(len(window.ids) for window, _, _ in batch)
        return loss.item()

    def _log(self, loss: float) -> None:
        line = {
            "step": self.step,
            "pieces": self.pieces,
            "loss": round(loss, 4),
            "seconds": round(self.elapsed),
        }
        with (self.folder / "log.jsonl").open("a") as log:
            log.write(json.dumps(line) + "\n")

    def save(self) -> None:
        """Write the checkpoint atomically, and the weights that are shipped beside it."""
        state: dict[str, Any] = {
            "trained": self.network.trained(),
            "optimiser": self.optimiser.state_dict(),
            "clock": (self.step, self.pieces, self.elapsed),
        }
        part = self.folder / "checkpoint.part"
        torch.save(state, part)
        part.replace(self.folder / "checkpoint.pt")
        self.network.save(self.folder / WEIGHTS_FILE)

    def _resume(self) -> None:
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["trained"], strict=False)
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.pieces, self.elapsed = state["clock"]


def batches(source: Iterator[Lesson]) -> Iterator[list[Task]]:
    """Endless batches of windows of like length."""
    while True:
        pool = sorted((t for t in map(task, islice(source, POOL)) if t), key=lambda t: len(t[0].ids))
        found: list[list[Task]] = [[]]
        for one in pool:
            if len(one[0].ids) * (len(found[-1]) + 1) > BATCH_PIECES:
                found.append([])
            found[-1].append(one)
        order = torch.randperm(len(found)).tolist()
        yield from (found[i] for i in order)


def task(lesson: Lesson) -> Task | None:
    """A lesson as pieces; None where it is too long."""
    (cut,) = windows(lesson.question, [lesson.passage])
    window = cut[0]
    if len(cut) > 1 or len(window.ids) > LONGEST:
        return None
    if lesson.answer is None:
        return window, 0, 0
    start, end = lesson.answer
    inside = [i for i, (a, b) in enumerate(window.places) if a >= start and b <= end]
    return (window, window.first + inside[0], window.first + inside[-1]) if inside else None


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--start", type=Path, help="folder with weights to begin with")
    given = parser.parse_args()
    Training(given.folder, given.minutes * 60, given.start).run()


if __name__ == "__main__":
    main()
