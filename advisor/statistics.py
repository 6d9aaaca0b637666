"""How sure the scores are: paired bootstrap over samples, the same resamples for every method."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from advisor.scoring import Floats, Metric

RESAMPLES = 4_000
LEVEL = 0.90
"""Of all intervals."""
TIE = 1e-9
"""Scores closer than this are equal."""

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Standing:
    """What the samples say of one method. Scores are 0 to 1."""

    score: float
    interval: Interval
    deficit: float
    """Score of the leader minus this score."""
    deficit_interval: Interval
    p_best: float
    """Share of resamples in which it leads; ties are shared. 0 for an excluded method."""
    p_within_margin: float
    """Share of resamples in which at most the margin is lost to the best."""


@dataclass(frozen=True, slots=True)
class Resampled:
    """Scores under resampling: `scores[m, b]` is method m on resample b."""

    names: tuple[str, ...]
    observed: Floats
    scores: Floats
    unseen: Floats
    """`unseen[m, b]`: method m on the samples that resample b left out."""


def resample(columns: Mapping[str, Floats], metric: Metric, seed: int) -> Resampled:
    """Draw `RESAMPLES` paired bootstrap resamples; columns have shape (n, c) for each method."""
    n = len(next(iter(columns.values())))
    weights = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), RESAMPLES).astype(float)
    left_out = (weights == 0).astype(float)
    left_out[left_out.sum(axis=1) == 0] = 1.0
    return Resampled(
        tuple(columns),
        np.array([metric.value(c.sum(axis=0)) for c in columns.values()]),
        np.array([metric.value(weights @ c) for c in columns.values()]),
        np.array([metric.value(left_out @ c) for c in columns.values()]),
    )


def standings(drawn: Resampled, margin: float, excluded: Collection[str] = ()) -> dict[str, Standing]:
    """Each method's score, interval and chances; excluded methods cannot lead or be best."""
    allowed = [m for m, name in enumerate(drawn.names) if name not in excluded] or range(len(drawn.names))
    best = drawn.scores[allowed].max(axis=0)
    leader = max(allowed, key=lambda m: drawn.observed[m])
    leads = drawn.scores >= best - TIE
    shares = leads / leads[allowed].sum(axis=0)
    found = {}
    for m, name in enumerate(drawn.names):
        within = drawn.scores[m] >= best - margin - TIE
        found[name] = Standing(
            score=float(drawn.observed[m]),
            interval=interval(drawn.scores[m]),
            deficit=float(drawn.observed[leader] - drawn.observed[m]),
            deficit_interval=interval(drawn.scores[leader] - drawn.scores[m]),
            p_best=float(shares[m].mean()) if m in allowed else 0.0,
            p_within_margin=float(within.mean()) if m in allowed else 0.0,
        )
    return found


def winner_score(drawn: Resampled, excluded: Collection[str] = ()) -> tuple[float, Interval]:
    """What choosing the best mean really yields, and its interval.

    The plain score of a winner is inflated by the choice; here the choice is made on each resample
    and scored on the samples it left out (BBC-CV, Tsamardinos et al. 2018, algorithm 5).
    """
    allowed = [m for m, name in enumerate(drawn.names) if name not in excluded]
    chosen = drawn.scores[allowed].argmax(axis=0)
    scores = drawn.unseen[allowed][chosen, np.arange(RESAMPLES)]
    return float(scores.mean()), interval(scores)


def interval(values: npt.NDArray[np.float64]) -> Interval:
    """Central percentile interval of `LEVEL`."""
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def samples_to_tell_apart(drawn: Resampled, one: str, other: str, margin: float, n: int) -> int | None:
    """Samples after which the interval of the difference would be narrower than the gap, or the margin.

    The width of a mean's interval falls with the square root of n. None where both always agree.
    """
    first, second = drawn.names.index(one), drawn.names.index(other)
    difference = drawn.scores[first] - drawn.scores[second]
    low, high = interval(difference)
    if high - low < 1e-9:
        return None
    target = max(abs(float(drawn.observed[first] - drawn.observed[second])), margin, 0.005)
    return int(np.ceil(n * ((high - low) / 2 / target) ** 2))
