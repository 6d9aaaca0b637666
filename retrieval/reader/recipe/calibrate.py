"""Fit the temperature on lessons that were never trained on.

    python -m retrieval.reader.recipe.calibrate OUT

Each held-out lesson is read together with the passages of two others. The temperature makes the truth
(the span that overlaps the answer, or none) most probable (Guo et al. 2017). Writes `OUT/config.json`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from itertools import islice
from math import log
from pathlib import Path

from generation.pocket.recipe.natural.lessons import Lesson, lessons
from retrieval.documents import Document
from retrieval.reader.reader import Reader
from retrieval.reader.spans import Candidate, share

OTHERS = 2
"""Passages of other lessons that are read along."""
TEMPERATURES = [0.5 + 0.1 * i for i in range(46)]


def calibrate(folder: Path, count: int) -> dict[str, float]:
    """The best temperature, and how the reader does on the held-out lessons at it."""
    (folder / "config.json").write_text(json.dumps({"temperature": 1.0}), "utf-8")
    drawn = list(islice(lessons(seed=1, held_out=True), count))
    texts = [[drawn[(i + k) % count].passage for k in range(OTHERS + 1)] for i in range(count)]
    asked = [
        (one.question, [Document("", "", text) for text in of]) for one, of in zip(drawn, texts, strict=True)
    ]
    found = Reader(folder).weigh(asked)
    cases = list(zip(drawn, found, strict=True))
    losses = {
        t: sum(-log(max(_of_truth(one, of, t), 1e-9)) for one, of in cases) / count for t in TEMPERATURES
    }
    best = min(losses, key=lambda t: losses[t])
    answerable = [case for case in cases if case[0].answer]
    return {
        "temperature": round(best, 2),
        "loss": round(losses[best], 4),
        "loss_at_1": round(losses[TEMPERATURES[5]], 4),
        "lessons": count,
        "exact": round(sum(_is_exact(*case) for case in answerable) / len(answerable), 4),
        "truth_most_probable": round(sum(_of_truth(*case, best) > 0.5 for case in cases) / count, 4),
    }


def _of_truth(lesson: Lesson, found: Sequence[Candidate], temperature: float) -> float:
    """The probability of what is true of the lesson."""
    shared = list(share(found, temperature))
    if lesson.answer is None:
        return 1 - sum(p for _, p in shared)
    start, end = lesson.answer
    return sum(p for c, p in shared if c.passage == 0 and c.start < end and start < c.end)


def _is_exact(lesson: Lesson, found: Sequence[Candidate]) -> bool:
    best = max(found, key=lambda c: c.log_odds, default=None)
    return best is not None and best.passage == 0 and (best.start, best.end) == lesson.answer


def main() -> None:
    """Read the command line, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="holds reader.safetensors")
    parser.add_argument("--lessons", type=int, default=300)
    given = parser.parse_args()
    figures = calibrate(given.folder, given.lessons)
    (given.folder / "config.json").write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
