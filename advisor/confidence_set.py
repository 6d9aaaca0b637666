"""The model confidence set: which methods may be the best (Hansen, Lunde and Nason 2011, range statistic).

Written on our own resamples, and checked against the package `arch`, because that takes one loss a sample:
it knows neither pooled metrics such as macro F1 nor copies that are drawn together.
"""

from __future__ import annotations

import numpy as np

from advisor.resampling import Resampled
from advisor.scoring import Floats

NEVER_APART = 1e-12
"""Standard error of two methods that answer alike."""


def may_be_best(drawn: Resampled) -> dict[str, float]:
    """P value of each allowed method; those above 0.1 are the 90 % confidence set.

    The worst is struck out as long as it is worse than the gap that chance makes among those left.
    """
    deviations = drawn.scores - drawn.scores.mean(axis=1, keepdims=True)
    left, found, largest = list(drawn.allowed), dict[str, float](), 0.0
    while len(left) > 1:
        gaps, chance = _gaps(drawn.observed[left], deviations[left])
        worst = int(np.unravel_index(gaps.argmax(), gaps.shape)[0])
        apart = bool(gaps.max() > 0)
        largest = max(largest, float((chance > gaps.max()).mean()) if apart else 1.0)
        found[drawn.names[left.pop(worst)]] = largest
    return found | {drawn.names[m]: 1.0 for m in left}


def _gaps(observed: Floats, deviations: Floats) -> tuple[Floats, Floats]:
    """By how many standard errors each loses to each, and the largest of these in each resample."""
    lost = observed[None, :] - observed[:, None]
    by_chance = deviations[None, :] - deviations[:, None]
    errors = by_chance.std(axis=2)
    apart = errors > NEVER_APART
    scale = np.where(apart, errors, 1.0)
    gaps = np.where(apart, lost / scale, np.where(lost > NEVER_APART, np.inf, 0.0))
    return gaps, np.where(apart[..., None], by_chance / scale[..., None], 0.0).max(axis=(0, 1))
