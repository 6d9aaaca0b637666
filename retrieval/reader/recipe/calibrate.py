"""Fit the temperature on lessons that were never trained on.

    python -m retrieval.reader.recipe.calibrate OUT

The passages of all held-out lessons are one corpus, and each lesson is read with what a search of its
question finds there. The temperature makes the truth (the span that overlaps the answer, or none) most
probable (Guo et al. 2017). Writes `OUT/config.json`.
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
from retrieval.reader.spans import Candidate, share
from retrieval.sentence_embedder import SentenceEmbedder

PASSAGES = 3
TEMPERATURES = [0.5 + 0.1 * i for i in range(46)]
Truth = tuple[int, int, int] | None
"""Rank of the passage and the place in it; None where no passage answers."""


def calibrate(folder: Path, count: int) -> dict[str, float]:
    """The best temperature, and how the reader does on the held-out lessons at it."""
    (folder / "config.json").write_text(json.dumps({"temperature": 1.0}), "utf-8")
    drawn = list(islice(lessons(seed=1, held_out=True), count))
    asked = list(zip([one.question for one in drawn], _searched(drawn), strict=True))
    truths = [_truth(n, one, hits) for n, (one, (_, hits)) in enumerate(zip(drawn, asked, strict=True))]
    cases = list(zip(truths, Reader(folder).weigh(asked), strict=True))
    losses = {t: mean(-log(max(_of_truth(*case, t), 1e-9)) for case in cases) for t in TEMPERATURES}
    best = min(losses, key=lambda t: losses[t])
    said = [
        (_first(hits, found, best), one.passage[slice(*one.answer)])
        for one, (_, hits), (_, found) in zip(drawn, asked, cases, strict=True)
        if one.answer
    ]
    figures = {
        "temperature": best,
        "loss": losses[best],
        "loss_at_1": losses[TEMPERATURES[5]],
        "exact_match": mean(exact_match(*pair) for pair in said),
        "token_f1": mean(token_f1(*pair) for pair in said),
        "auc": _auc(truths, [_told(found, best) for _, found in cases]),
        "truth_most_probable": mean(_of_truth(*case, best) > 0.5 for case in cases),
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


def _first(passages: Sequence[Hit], found: Sequence[Candidate], temperature: float) -> str:
    """The words of the likeliest span."""
    told = share(found, temperature)
    return passages[told[0][0].passage].text[told[0][0].start : told[0][0].end] if told else ""


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
