"""Which methods need not be measured to the end. Pure functions of what was measured so far.

Methods are measured in rounds of the same samples. After a round those are dropped that

- are behind: chance makes such a deficit so rarely that over all looks and methods of a use case one in
  twenty loses a method that is as good as the leader (Bonferroni). Below 50 samples that takes a huge gap.
- have nothing to gain: a method that is to be preferred is so good that the perfect one would hardly be
  more than the margin better.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from advisor.resampling import Booleans, Resampled
from advisor.statistics import NORMAL_SURE, SURE, TIE, Standing, standings

FEWEST = 50
"""Samples below which every method is measured to the end: they take little, and all of them are needed."""
FIRST_LOOK = 20
"""Samples before which no method is dropped."""
WRONGLY_DROPPED = 0.05
"""How often a method as good as the leader is dropped, over all looks and methods."""


def rounds(sizes: Sequence[int]) -> list[list[int]]:
    """The folds of each round, by their sizes: one each, but as many in the first as a look needs."""
    if sum(sizes) < FEWEST:
        return [list(range(len(sizes)))]
    first = next(k for k in range(1, len(sizes) + 1) if sum(sizes[:k]) >= FIRST_LOOK)
    return [list(range(first)), *([number] for number in range(first, len(sizes)))]


def losers(drawn: Resampled, margin: float, looks: int) -> dict[str, str]:
    """Method -> why it is dropped; the methods are given in the order of preference.

    `looks` is how often this is asked in all.
    """
    found, names = standings(drawn, margin), drawn.names
    enough = WRONGLY_DROPPED / (looks * max(len(names) - 1, 1))
    leader = names[drawn.leader]
    ceiling = next((m for m in drawn.allowed if (drawn.scores[m] >= 1 - margin - TIE).mean() >= SURE), None)
    told = {}
    for m, name in enumerate(names):
        if ceiling is not None and m > ceiling:
            told[name] = _nothing_to_gain(found, names[ceiling], name)
        elif name != leader and _behind(found[name], enough):
            told[name] = f"{_percent(found[name])}, against {_percent(found[leader])} of {leader}"
    return told


def dropped_in(drawn: Resampled, margin: float) -> Booleans | None:
    """Which methods the race would have dropped, had a resample been the samples; shape (methods, RESAMPLES).

    By the normal approximation of `losers`, since a resample is not resampled again: the resamples tell the
    standard errors, and what chance makes of two equal methods has the deficit's square over n on top. None
    where there was no race.
    """
    if not drawn.looks:
        return None
    out = np.zeros(drawn.scores.shape, bool)
    may_lead = np.isin(np.arange(len(drawn.names)), drawn.allowed)[:, None]
    wrongly = WRONGLY_DROPPED / (len(drawn.looks) * max(len(drawn.names) - 1, 1))
    enough = NormalDist().inv_cdf(1 - wrongly)
    for n, scores in drawn.looks:
        left = may_lead & ~out
        racing = np.where(left, scores, -np.inf)
        leader, deficits = racing.argmax(axis=0), racing.max(axis=0) - scores
        apart = np.atleast_2d(np.cov(scores))
        variances = np.diag(apart)[:, None] + np.diag(apart) - 2 * apart
        errors = np.sqrt(np.maximum(variances, 0))[leader].T
        by_chance = np.sqrt(errors**2 + deficits**2 / n)
        is_behind = (deficits >= enough * by_chance) & (deficits - margin >= NORMAL_SURE * errors)
        is_perfect = scores - NORMAL_SURE * scores.std(axis=1, keepdims=True) >= 1 - margin - TIE
        beyond = np.cumsum(left & is_perfect, axis=0) - (left & is_perfect) > 0
        out |= (is_behind & (deficits > TIE)) | beyond
    return out


def _behind(standing: Standing, enough: float) -> bool:
    return standing.p_chance <= enough and standing.p_within_margin <= 1 - SURE


def _nothing_to_gain(found: dict[str, Standing], best: str, name: str) -> str:
    return f"{_percent(found[name])}, and {best} with {_percent(found[best])} leaves nothing to gain"


def _percent(standing: Standing) -> str:
    return f"{100 * standing.score:.1f} %"
