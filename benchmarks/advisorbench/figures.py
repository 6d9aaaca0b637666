"""How good the advice is; docs/advisorbench/README.md has the formulae. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.decision import RULE, Rule
from advisor.scoring import Floats
from advisor.statistics import TIE, Interval, interval
from benchmarks.advisorbench.baselines import expected
from benchmarks.advisorbench.replay import Advice, Seen, advise

CLAIMS = ("clear", "equivalent_take_simplest")
"""Verdicts that promise to lose no more than the margin."""
BINS = 10
RESAMPLED_TASKS = 500
Summary = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The advice to one customer beside the truth. Scores and losses are 0 to 1."""

    task: str
    size: int
    """As asked; the customer has fewer samples where the task has."""
    weight: float
    """Such that every task counts the same at every size."""
    verdict: str
    served: str
    score: float
    """By truth, of what is served."""
    regret: float
    plain_regret: float
    score_error: float
    """Standard error of the score."""
    regret_error: float
    margin: float
    p_within: float
    """The adviser's own probability that what is served loses at most the margin."""
    covered: bool | None
    """The 90 % interval of what is recommended holds its true score; None where there is no interval."""
    cost: float
    wall_seconds: float
    baselines: dict[str, float]
    """Regret of each."""
    scores: dict[str, tuple[float, float]]
    """Of each method that was measured: cross-validated, and by truth."""

    @property
    def within(self) -> bool:
        """At most the margin is lost."""
        return self.regret <= self.margin + TIE

    @property
    def claims(self) -> bool:
        """It was promised that at most the margin is lost."""
        return self.verdict in CLAIMS


def outcomes(seen: Sequence[Seen], size: int, rule: Rule = RULE) -> list[Outcome]:
    """Of the customers of that size, or with all samples of a task that has fewer."""
    mine = [s for s in seen if s.about.n == min(size, s.about.pool)]
    tasks = [s.about.task for s in mine]
    return [_outcome(s, advise(s, rule), size, 1 / tasks.count(s.about.task)) for s in mine]


def _outcome(seen: Seen, advice: Advice, size: int, weight: float) -> Outcome:
    truth, covered = seen.truth, None
    if advice.recommended and seen.winner:
        low, high = seen.winner[1]
        covered = low - TIE <= truth.scores[advice.recommended] <= high + TIE
    return Outcome(
        task=seen.about.task,
        size=size,
        weight=weight,
        verdict=advice.verdict,
        served=advice.served,
        score=truth.scores[advice.served],
        regret=truth.regret[advice.served],
        plain_regret=truth.plain_regret[advice.served],
        score_error=truth.score_error[advice.served],
        regret_error=truth.regret_error[advice.served],
        margin=seen.about.margin,
        p_within=seen.standing[advice.served].p_within_margin,
        covered=covered,
        cost=seen.cost,
        wall_seconds=seen.about.wall_seconds,
        baselines={name: expected(choice, truth.regret) for name, choice in seen.baselines.items()},
        scores={name: (found.score, truth.scores[name]) for name, found in seen.standing.items()},
    )


def summary(by_size: dict[int, list[Outcome]]) -> Summary:
    """What summary.json holds."""
    every = [outcome for found in by_size.values() for outcome in found]
    return {
        "sizes": {str(size): figures(found) for size, found in by_size.items() if found},
        "overall": figures(every),
    }


def figures(found: Sequence[Outcome], weights: Floats | None = None) -> Summary:
    """The figures of AdvisorBench; regrets in points. The weights are those of the outcomes unless given."""
    w = np.array([o.weight for o in found]) if weights is None else weights
    regret = 100 * np.array([o.regret for o in found])
    within = np.array([o.within for o in found], float)
    claims = w * [o.claims for o in found]
    names = list(found[0].baselines)
    others = {n: {"mean_regret": mean(100 * np.array([o.baselines[n] for o in found]), w)} for n in names}
    return {
        "within_margin_rate": mean(within, w),
        "mean_regret": mean(regret, w),
        "p90_regret": quantile(regret, w, 0.9),
        "gap_closed": gap_closed(
            mean(regret, w), [others[n]["mean_regret"] for n in names if n.startswith("always-")]
        ),
        "false_claim_rate": mean(1 - within, claims) if claims.sum() else None,
        "calibration_error": calibration_error(np.array([o.p_within for o in found]), within, w),
        "cost_vs_exhaustive": mean(np.array([o.cost for o in found]), w),
        "wall_seconds_median": quantile(np.array([o.wall_seconds for o in found]), w, 0.5),
        "truth_error": mean(100 * np.array([o.regret_error for o in found]), w),
        "baselines": others,
    }


def coverage(found: Sequence[Outcome]) -> float | None:
    """How often the winner's interval holds its true score."""
    told = [o for o in found if o.covered is not None]
    return (
        mean(np.array([o.covered for o in told], float), np.array([o.weight for o in told])) if told else None
    )


def mean(values: Floats, weights: Floats) -> float:
    """Weighted."""
    return float(values @ weights / weights.sum())


def quantile(values: Floats, weights: Floats, share: float) -> float:
    """The smallest value that at least this share of the weight does not exceed."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    place = min(int(np.searchsorted(reached, share - TIE)), len(order) - 1)
    return float(values[order[place]])


def gap_closed(regret: float, always: Sequence[float]) -> float | None:
    """Of what the best fixed method, known in hindsight, loses to the oracle: the share that is not lost."""
    gap = min(always)
    return 1 - regret / gap if gap > TIE else None


def calibration_error(told: Floats, came: Floats, weights: Floats) -> float:
    """Mean distance between what was told and how often it came, in tenths of what was told."""
    place = np.minimum((told * BINS + TIE).astype(int), BINS - 1)
    off = weights * (told - came)
    return float(sum(abs(off[place == tenth].sum()) for tenth in np.unique(place)) / weights.sum())


def over_tasks(found: Sequence[Outcome]) -> dict[str, Interval | None]:
    """90 % interval of each figure, for other tasks of the same kinds: tasks are resampled whole."""
    rng, tasks = np.random.default_rng(0), sorted({o.task for o in found})
    place = np.array([tasks.index(o.task) for o in found])
    weights = np.array([o.weight for o in found])
    drawn = rng.multinomial(len(tasks), [1 / len(tasks)] * len(tasks), size=RESAMPLED_TASKS)
    told = [figures(found, weights * times[place]) for times in drawn]
    return {name: _interval([t[name] for t in told]) for name in told[0] if name != "baselines"}


def _interval(values: Sequence[float | None]) -> Interval | None:
    known = [v for v in values if v is not None]
    return interval(np.array(known)) if known else None
