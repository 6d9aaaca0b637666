"""How sure the scores are: each method's standing, and what choosing among them yields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from advisor.resampling import RESAMPLES, Booleans, Resampled
from advisor.scoring import Floats

LEVEL = 0.90
"""Of all intervals."""
SURE = 0.8
"""Share of resamples in which something must hold to be taken for true."""
NORMAL_SURE = 0.8416
"""Standard errors that a normal value stays below in `SURE` of all cases."""
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
    """How probably it is the best in use; ties are shared. 0 for an excluded method."""
    p_within_margin: float
    """How probably at most the margin is lost to the best in use."""
    p_chance: float
    """How often a deficit of this size, or a larger one, comes by chance between methods that are equal."""
    p_holm: float
    """The same, made honest for having looked at several methods (Holm 1979)."""
    expected_loss: float
    """What it loses to the best in use, on average over what is possible."""
    p_above_constant: float
    """Share of resamples in which it beats an answer that is always the same; 1 where there is none."""
    expected: float
    """What it is expected to score in use."""


def standings(drawn: Resampled, margin: float) -> dict[str, Standing]:
    """Each method's score, interval and chances."""
    best = drawn.believed[list(drawn.allowed)].max(axis=0)
    leads = drawn.believed >= best - TIE
    shares = leads / leads[list(drawn.allowed)].sum(axis=0)
    within = drawn.believed >= best - margin - TIE
    deficits = drawn.observed[drawn.leader] - drawn.observed
    chances = [
        float((1 + (drawn.chance[m] >= deficits[m] - TIE).sum()) / (1 + RESAMPLES))
        for m in range(len(drawn.names))
    ]
    rivals = [m for m in drawn.allowed if m != drawn.leader]
    adjusted = dict(zip(rivals, holm([chances[m] for m in rivals]), strict=True))
    found = {}
    for m, name in enumerate(drawn.names):
        is_allowed = m in drawn.allowed
        found[name] = Standing(
            score=float(drawn.observed[m]),
            interval=interval(drawn.scores[m]),
            deficit=float(deficits[m]),
            deficit_interval=interval(drawn.scores[drawn.leader] - drawn.scores[m]),
            p_best=float(shares[m].mean()) if is_allowed else 0.0,
            p_within_margin=float(within[m].mean()) if is_allowed else 0.0,
            p_chance=chances[m],
            p_holm=adjusted.get(m, chances[m]),
            expected_loss=float((best - drawn.believed[m]).mean()),
            p_above_constant=1.0 if drawn.lead is None else float((drawn.lead[m] > TIE).mean()),
            expected=float(drawn.expected[m]),
        )
    return found


def winner_score(
    drawn: Resampled, margin: float, chosen: str, dropped: Booleans | None = None
) -> tuple[float, Interval] | None:
    """What choosing the simplest method within the margin of the best really yields, and its interval.

    The plain score of a winner is inflated by the choice; here the choice is made on each resample and
    scored on the samples it left out (BBC-CV, Tsamardinos et al. 2018, algorithm 5). Those are about a
    third of the samples, so the interval is that of the method that was chosen on all of them, trained once
    more, moved to the corrected score. Where methods raced, `dropped` says which ones are no choice on a
    resample. None where the left-out samples lack a label too often.
    """
    allowed, mine = list(drawn.allowed), drawn.names.index(chosen)
    racing = drawn.guessed.copy()
    if dropped is not None:
        racing[dropped & (np.arange(len(racing)) != mine)[:, None]] = -np.inf
    unseen = drawn.unseen[allowed][simplest(racing[allowed], margin), np.arange(RESAMPLES)]
    if np.isnan(unseen).all():
        return None
    score = float(np.nanmean(unseen))
    low, high = interval(drawn.retrained[mine] + score - float(drawn.scores[mine].mean()))
    return score, (max(low, 0.0), min(high, 1.0))


def simplest(scores: Floats, margin: float) -> npt.NDArray[np.intp]:
    """The first method within the margin of the best, along the first axis."""
    return np.asarray((scores >= scores.max(axis=0) - margin - TIE).argmax(axis=0))


def holm(p_values: Sequence[float]) -> list[float]:
    """P values adjusted for their number (Holm 1979, step-down)."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = largest
    return adjusted


def interval(values: Floats) -> Interval:
    """Central percentile interval of `LEVEL`."""
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
