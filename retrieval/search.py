"""Rankings, and one out of two. Pure functions; knows nothing about what is ranked."""

from __future__ import annotations

Ranking = list[tuple[int, float]]
"""Numbers of things with their scores, best first."""
LEXICAL_WEIGHT = 0.6
"""Share of the words in a hybrid score; the rest is that of the meaning."""


def blend(dense: Ranking, lexical: Ranking, lexical_weight: float = LEXICAL_WEIGHT) -> Ranking:
    """Convex combination of cosines and shares of words, both as they are (Bruch et al. 2022).

    What is not among the nearest is taken for as near as the last of them, what shares no word has none.
    A cosine below 0 counts as 0. Equal scores are ordered by number.
    """
    near, share = dict(dense), dict(lexical)
    last = dense[-1][1] if dense else 0.0
    scores = {
        number: (1 - lexical_weight) * max(0.0, near.get(number, last))
        + lexical_weight * share.get(number, 0.0)
        for number in near | share
    }
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))
