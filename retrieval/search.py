"""Rankings, and one out of several. Pure functions; knows nothing about what is ranked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

Mode = Literal["hybrid", "dense", "lexical"]
Ranking = list[tuple[int, float]]
"""Numbers of things with their scores, best first."""
RRF_K = 60


def fuse(rankings: Sequence[Ranking], k: int = RRF_K) -> Ranking:
    """Reciprocal rank fusion: a thing scores the sum of 1 / (k + rank) (Cormack et al. 2009).

    Equal scores are ordered by number.
    """
    scores: defaultdict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, (number, _) in enumerate(ranking, 1):
            scores[number] += 1 / (k + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def fuse_each(*searches: Sequence[Ranking]) -> list[Ranking]:
    """Fuse, question by question, what several searches found for the same questions."""
    return [fuse(rankings) for rankings in zip(*searches, strict=True)]
