"""One ranking out of several, and the weight of words learned from labelled questions. Pure functions."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from statistics import fmean

from retrieval.search import LEXICAL_WEIGHT, Ranking, blend
from retrieval.store.errors import TooFewLabelsError

RRF_K = 60
MIN_LABELS = 20
"""Fewer labelled questions would fit their accidents."""
_WEIGHTS = [step / 20 for step in range(21)]
_PARTS = 5
_DEPTH = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """What both searches found for a question whose answer is known."""

    dense: Ranking
    lexical: Ranking
    owners: dict[int, frozenset[str]]
    """Files that hold each passage."""
    relevant: frozenset[str]
    """Files that answer the question."""


@dataclass(frozen=True, slots=True)
class FittedWeight:
    """How much words count in hybrid searches, learned from labelled questions."""

    lexical_weight: float
    """The weight that a store has without labels, where learning did not beat it."""
    ndcg: float
    """nDCG@10 over files: each fifth of the questions with the weight that the others chose."""
    default_ndcg: float
    """The same with the weight that a store has without labels."""
    questions: int


def reciprocal_ranks(rankings: Sequence[Ranking]) -> Ranking:
    """Reciprocal rank fusion with k = 60 (Cormack et al. 2009), scaled so that first in all is 1."""
    scores: defaultdict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, (number, _) in enumerate(ranking, 1):
            scores[number] += (RRF_K + 1) / (RRF_K + rank) / len(rankings)
    return _sorted(scores)


def strongest(rankings: Sequence[Ranking]) -> Ranking:
    """The best score that each thing has in any ranking (CombMAX, Fox & Shaw 1994)."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for number, score in ranking:
            scores[number] = max(score, scores.get(number, -math.inf))
    return _sorted(scores)


def fit_weight(judged: Sequence[Judged]) -> FittedWeight:
    """The weight of words whose blend has the highest mean nDCG@10 (Bruch et al. 2022).

    Of equal weights the one nearest to the default; the default, unless a weight learned from other
    questions beats it.

    Raises:
        TooFewLabelsError: fewer than 20 questions.
    """
    if len(judged) < MIN_LABELS:
        raise TooFewLabelsError(f"Got {len(judged)} labelled questions; give at least {MIN_LABELS}.")
    quality = {weight: [_ndcg(one, weight) for one in judged] for weight in _WEIGHTS}
    default = quality[LEXICAL_WEIGHT]
    held_out = [
        score for part in range(_PARTS) for score in quality[_best(_but(quality, part))][part::_PARTS]
    ]
    won = fsum(held_out) > fsum(default)
    return FittedWeight(
        lexical_weight=_best(quality) if won else LEXICAL_WEIGHT,
        ndcg=fmean(held_out if won else default),
        default_ndcg=fmean(default),
        questions=len(judged),
    )


def ndcg(ranked: Sequence[Hashable], relevant: frozenset[str], depth: int = _DEPTH) -> float:
    """Normalised discounted cumulative gain with gains of 0 and 1 (Järvelin & Kekäläinen 2002)."""
    gain = sum(1 / math.log2(rank + 1) for rank, one in enumerate(ranked[:depth], 1) if one in relevant)
    best = sum(1 / math.log2(rank + 1) for rank in range(1, min(len(relevant), depth) + 1))
    return gain / best if best else 0.0


def _best(quality: Mapping[float, Sequence[float]]) -> float:
    return max(quality, key=lambda weight: (fsum(quality[weight]), -abs(weight - LEXICAL_WEIGHT)))


def _but(quality: Mapping[float, Sequence[float]], part: int) -> dict[float, list[float]]:
    """The scores of the questions outside a part."""
    return {
        weight: [score for place, score in enumerate(scores) if place % _PARTS != part]
        for weight, scores in quality.items()
    }


def _ndcg(one: Judged, weight: float) -> float:
    return ndcg(_files(one, weight), one.relevant)


def _files(one: Judged, weight: float) -> list[str]:
    passages = blend(one.dense, one.lexical, weight)
    return list(dict.fromkeys(file for number, _ in passages for file in sorted(one.owners[number])))


def _sorted(scores: dict[int, float]) -> Ranking:
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))
