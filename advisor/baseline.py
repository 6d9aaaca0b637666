"""What answering without reading the input scores; a method that is no better has learned nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from advisor.scoring import Floats, Metric

CANDIDATES = 10
"""Given answers that are tried as the constant one."""
JUDGED_BY = 100
"""References that each of them is compared with."""


@dataclass(frozen=True, slots=True)
class Constant:
    """An answer that is always the same."""

    answer: str
    columns: Floats
    """The metric's columns; where the answer was taken from that very sample, of the next best one."""
    score: float


def constant(
    references: Sequence[str], groups: Sequence[Hashable], metric: Metric, decided: bool
) -> Constant:
    """The commonest label where the task is decided by labels, else the most typical of the given answers."""
    if decided:
        answer = Counter(references).most_common(1)[0][0]
        said = [answer] * len(references)
    else:
        answer, said = _most_typical(references, groups, metric)
    columns = metric.columns(said, references)
    return Constant(answer, columns, float(metric.value(columns.sum(axis=0))))


def _most_typical(
    references: Sequence[str], groups: Sequence[Hashable], metric: Metric
) -> tuple[str, list[str]]:
    """The answer that scores best as the answer to all other samples, and what is said to each sample."""
    places = _spread(len(references), CANDIDATES)
    judges = _spread(len(references), JUDGED_BY)
    wanted = [references[j] for j in judges]
    worth = []
    for place in places:
        scores = metric.per_sample([references[place]] * len(wanted), wanted)
        others = [s for s, j in zip(scores, judges, strict=True) if groups[j] != groups[place]]
        worth.append(float(np.mean(others)) if others else 0.0)
    order = [places[i] for i in np.argsort(-np.array(worth), kind="stable")]
    said = [next((references[p] for p in order if groups[p] != group), "") for group in groups]
    return references[order[0]], said


def _spread(n: int, most: int) -> list[int]:
    return [int(i) for i in np.unique(np.linspace(0, n - 1, min(n, most)).round())]
