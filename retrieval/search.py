"""Rankings, and one out of several. Pure functions; knows nothing about what is ranked."""

from __future__ import annotations

from collections import defaultdict

Ranking = list[tuple[int, float]]
"""Numbers of things with their scores, best first."""
LEXICAL_WEIGHT = 0.6
"""Share of the words in a hybrid score; the rest is that of the meaning."""


def blend(dense: Ranking, lexical: Ranking, lexical_weight: float = LEXICAL_WEIGHT) -> Ranking:
    """Convex combination of scores that are stretched to 0..1 first (Bruch et al. 2022).

    What one ranking lacks scores 0 there. Equal scores are ordered by number.
    """
    scores: defaultdict[int, float] = defaultdict(float)
    for ranking, weight in ((dense, 1 - lexical_weight), (lexical, lexical_weight)):
        for number, score in _stretched(ranking):
            scores[number] += weight * score
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def _stretched(ranking: Ranking) -> Ranking:
    """The best at 1, the last at 0; all at 1 where they are equal."""
    if not ranking:
        return []
    best, last = ranking[0][1], ranking[-1][1]
    return [(n, (score - last) / (best - last) if best > last else 1.0) for n, score in ranking]
