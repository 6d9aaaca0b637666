"""Fit what turns scores into probabilities on lessons that were never trained on.

    python -m retrieval.reader.recipe.calibrate OUT

The passages of all held-out lessons are one corpus, and each lesson is read with what a search of its
question finds there. Temperature (Guo et al. 2017) and the weight of no answer make the truth (spans that
overlap the answer, or none) most probable. Writes `OUT/config.json`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice
from math import log
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

from scipy.optimize import minimize
from sklearn.metrics import roc_auc_score

from generation.agreement import exact_match, token_f1
from generation.pocket.recipe.natural.lessons import Lesson, lessons
from retrieval.corpus import Corpus
from retrieval.documents import Document, Hit
from retrieval.reader.reader import Reader
from retrieval.reader.spans import Candidate, Fit, probabilities
from retrieval.sentence_embedder import SentenceEmbedder

PASSAGES = 3
PLAIN = Fit(temperature=1.0, nothing=0.0)
Truth = tuple[int, int, int] | None
"""Rank of the passage and the place in it; None where no passage answers."""
Case = tuple[Truth, list[Candidate]]


def calibrate(folder: Path, count: int) -> dict[str, float]:
    """The best fit, and how the reader does on the held-out lessons with it."""
    (folder / "config.json").write_text(json.dumps(asdict(PLAIN)), "utf-8")
    drawn = list(islice(lessons(seed=1, held_out=True), count))
    asked = list(zip([one.question for one in drawn], _searched(drawn), strict=True))
    truths = [_truth(n, one, hits) for n, (one, (_, hits)) in enumerate(zip(drawn, asked, strict=True))]
    cases = list(zip(truths, Reader(folder).weigh(asked), strict=True))
    found = minimize(
        lambda at: _loss(cases, Fit(*at)), (2.0, 1.0), method="Nelder-Mead", bounds=[(0.5, 20), (0, 20)]
    )
    best = Fit(*found.x)
    said = [
        (_first(hits, of), one.passage[slice(*one.answer)])
        for one, (_, hits), (_, of) in zip(drawn, asked, cases, strict=True)
        if one.answer
    ]
    figures = {
        **asdict(best),
        "loss": _loss(cases, best),
        "loss_before": _loss(cases, PLAIN),
        "exact_match": mean(exact_match(*pair) for pair in said),
        "token_f1": mean(token_f1(*pair) for pair in said),
        "auc": roc_auc_score([truth is not None for truth in truths], [_told(of, best) for _, of in cases]),
        "truth_most_probable": mean(_of_truth(*case, best) > 0.5 for case in cases),
    }
    return {"lessons": count, **{name: round(float(figure), 4) for name, figure in figures.items()}}


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


def _told(found: Sequence[Candidate], fit: Fit) -> float:
    """The probability that there is an answer."""
    return sum(p for _, p in probabilities(found, fit))


def _loss(cases: Sequence[Case], fit: Fit) -> float:
    return mean(-log(max(_of_truth(*case, fit), 1e-9)) for case in cases)


def _of_truth(truth: Truth, found: Sequence[Candidate], fit: Fit) -> float:
    """The probability of what is true."""
    if truth is None:
        return 1 - _told(found, fit)
    rank, start, end = truth
    told = probabilities(found, fit)
    return sum(p for c, p in told if c.passage == rank and c.start < end and start < c.end)


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
