"""Fit what turns odds into probabilities on lessons that were never trained on.

    python -m retrieval.reader.recipe.calibrate OUT

The passages of all held-out lessons are one corpus, and each lesson is read with what a search of its
question finds there. Temperature (Guo et al. 2017) and the weight of a passage's rank make the truth (the
span that overlaps the answer, or none) most probable. Writes `OUT/config.json`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from itertools import islice
from math import log
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

from sklearn.metrics import roc_auc_score

from generation.agreement import exact_match, token_f1
from generation.pocket.recipe.natural.lessons import Lesson, lessons
from retrieval.corpus import Corpus
from retrieval.documents import Document, Hit
from retrieval.reader.reader import Reader
from retrieval.reader.spans import Candidate, ranked, share
from retrieval.sentence_embedder import SentenceEmbedder

PASSAGES = 3
TEMPERATURES = [0.6 + 0.2 * i for i in range(23)]
PER_RANK = [0.5 * i for i in range(9)]
UNFITTED = {"temperature": 1.0, "per_rank": 0.0}
Truth = tuple[int, int, int] | None
"""Rank of the passage and the place in it; None where no passage answers."""


def calibrate(folder: Path, count: int) -> dict[str, float]:
    """The best fit, and how the reader does on the held-out lessons with it."""
    (folder / "config.json").write_text(json.dumps(UNFITTED), "utf-8")
    drawn = list(islice(lessons(seed=1, held_out=True), count))
    asked = list(zip([one.question for one in drawn], _searched(drawn), strict=True))
    truths = [_truth(n, one, hits) for n, (one, (_, hits)) in enumerate(zip(drawn, asked, strict=True))]
    cases = list(zip(truths, Reader(folder).weigh(asked), strict=True))
    losses = {
        (temperature, per_rank): mean(
            -log(max(_of_truth(truth, ranked(found, per_rank), temperature), 1e-9)) for truth, found in cases
        )
        for temperature in TEMPERATURES
        for per_rank in PER_RANK
    }
    temperature, per_rank = min(losses, key=lambda fit: losses[fit])
    fitted = [(truth, ranked(found, per_rank)) for truth, found in cases]
    said = [
        (_first(hits, found), one.passage[slice(*one.answer)])
        for one, (_, hits), (_, found) in zip(drawn, asked, fitted, strict=True)
        if one.answer
    ]
    figures = {
        "temperature": temperature,
        "per_rank": per_rank,
        "loss": losses[temperature, per_rank],
        "loss_at_rank_0": min(loss for (_, per), loss in losses.items() if per == 0),
        "exact_match": mean(exact_match(*pair) for pair in said),
        "token_f1": mean(token_f1(*pair) for pair in said),
        "auc": _auc(truths, [_told(found, temperature) for _, found in fitted]),
        "truth_most_probable": mean(_of_truth(*case, temperature) > 0.5 for case in fitted),
    }
    return {"lessons": count, **{name: round(figure, 4) for name, figure in figures.items()}}


def _searched(drawn: Sequence[Lesson]) -> list[list[Hit]]:
    documents = [Document(str(number), "", one.passage) for number, one in enumerate(drawn)]
    with TemporaryDirectory() as folder:
        corpus = Corpus.build(Path(folder), documents, SentenceEmbedder())
        found = corpus.search([one.question for one in drawn], PASSAGES)
        corpus.close()
    return found


def _truth(number: int, lesson: Lesson, hits: Sequence[Hit]) -> Truth:
    start, end = lesson.answer or (0, 0)
    for rank, hit in enumerate(hits if lesson.answer else ()):
        if hit.document_id == str(number) and hit.start <= start and end <= hit.end:
            return rank, start - hit.start, end - hit.start
    return None


def _first(passages: Sequence[Hit], found: Sequence[Candidate]) -> str:
    """The words of the likeliest span."""
    best = max(found, key=lambda c: c.log_odds, default=None)
    return passages[best.passage].text[best.start : best.end] if best else ""


def _told(found: Sequence[Candidate], temperature: float) -> float:
    """The probability that there is an answer."""
    return sum(p for _, p in share(found, temperature))


def _of_truth(truth: Truth, found: Sequence[Candidate], temperature: float) -> float:
    """The probability of what is true."""
    if truth is None:
        return 1 - _told(found, temperature)
    rank, start, end = truth
    told = share(found, temperature)
    return sum(p for c, p in told if c.passage == rank and c.start < end and start < c.end)


def _auc(truths: Sequence[Truth], told: Sequence[float]) -> float:
    """How well the probability that there is an answer parts the answerable from the others."""
    return float(roc_auc_score([truth is not None for truth in truths], told))


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
