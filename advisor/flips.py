"""What would change the advice: the nearest value of each condition, in closed form, and the advice then.

Between the present value and the one that is told, nothing changes. Each is found by deciding again, not
by reasoning about the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from math import ceil, floor, inf, nextafter
from typing import Any

import numpy as np

from advisor.cascade import CASCADE
from advisor.decision import Decision, decide
from advisor.economics import UPDATES_A_MONTH, Cost, break_even
from advisor.recommendation import Condition, Flip
from advisor.resampling import RESAMPLES, Draws, Resampled
from advisor.score_sheet import ScoreSheet
from advisor.statistics import TIE, standings
from advisor.use_case import UseCase

WIDEST_MARGIN = 0.5
"""That a use case may name."""


@dataclass(slots=True)
class Court:
    """Decides again under other conditions; what was decided once is remembered."""

    use_case: UseCase
    sheet: ScoreSheet
    draws: Draws
    _seen: dict[Any, Decision] = field(default_factory=dict)

    def recommended(self, condition: Condition, value: float | str) -> str | None:
        """The advice with that value of the condition."""
        case = changed(self.use_case, condition, value)
        sheet = self.sheet.under(case)
        drawn_by = (frozenset(sheet.excluded), tuple(sheet.costs))
        if (drawn_by, case.margin) not in self._seen:
            standing = standings(self.draws.among(list(sheet.costs), sheet.excluded), case.margin)
            self._seen[drawn_by, case.margin] = decide(standing, sheet.excluded, case.margin)
        return self._seen[drawn_by, case.margin].recommended

    def doubt(self, name: str) -> str:
        """How little is known of a method that left the race."""
        seen = self.sheet.evidence.seen.get(name)
        if seen is None:
            return ""
        return f", as far as the {int(seen.sum())} of {len(seen)} samples that it answered tell"


def changed(use_case: UseCase, condition: Condition, value: float | str) -> UseCase:
    """The use case with another value of one condition."""
    if condition == "margin":
        return use_case.model_copy(update={"margin": value})
    limits = use_case.constraints.model_copy(update={condition: value})
    return use_case.model_copy(update={"constraints": limits})


def flips(use_case: UseCase, sheet: ScoreSheet, draws: Draws, decision: Decision) -> tuple[Flip, ...]:
    """The nearest change of the advice in each direction of each condition."""
    margins = [
        *_margins(draws.among(list(sheet.costs), sheet.excluded)),
        *_margins(draws.among(list(sheet.costs), sheet.excluded.keys() - {CASCADE})),
        *sheet.lead_of_cascade,
    ]
    court, now, limits = Court(use_case, sheet, draws), decision.recommended, use_case.constraints
    costs = sheet.costs.values()
    slowest, dearest = limits.max_latency_seconds or inf, limits.max_cost_per_1000 or inf
    prices = [c.per_1000 for c in costs if c.per_1000 is not None]
    found = [
        *_nearest(court, now, "margin", use_case.margin, margins, _MARGIN),
        *_nearest(court, now, "max_latency_seconds", slowest, [c.p50_seconds for c in costs], _LATENCY),
        *_nearest(court, now, "max_cost_per_1000", dearest, prices, _COST),
        *_nearest(court, now, "quality_floor", limits.quality_floor or 0.0, sheet.scores.values(), _FLOOR),
        *_frequencies(court, now, limits.knowledge_changes),
    ]
    if use_case.economics.prefer == "cheapest":
        volume = inf if limits.monthly_volume is None else limits.monthly_volume
        found += _nearest(court, now, "monthly_volume", volume, _crossings(list(costs)), _VOLUME)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a number binds, and how it is said."""

    above: Callable[[float], float]
    """The value that is just beyond a threshold for whoever comes from below it."""
    below: Callable[[float], float]
    upwards: str
    downwards: str
    show: Callable[[float, str], str]
    """A threshold, rounded up or down."""


def _same(value: float) -> float:
    return value


def _next_above(value: float) -> float:
    return nextafter(value, inf)


def _next_below(value: float) -> float:
    return nextafter(value, 0.0)


def _three_digits(value: float, rounding: str) -> str:
    """Rounded away from the present value, so that what is said of it is true of the rounded one too."""
    return f"{float(Context(prec=3, rounding=rounding).create_decimal(f'{value:.12g}')):.3g}"


_MARGIN = _Kind(
    _same,
    lambda v: v - 2 * TIE,
    "a margin of {} or more",
    "a margin below {}",
    lambda v, way: f"{_three_digits(100 * v, way)} points",
)
_LATENCY = _Kind(
    _same,
    _next_below,
    "a latency limit of {} or more",
    "a latency limit below {}",
    lambda v, way: f"{_three_digits(v, way)} s",
)
_COST = _Kind(
    _same,
    _next_below,
    "a cost limit of {} or more",
    "a cost limit below {}",
    lambda v, way: f"{_three_digits(v, way)} per 1,000 requests",
)
_FLOOR = _Kind(
    _next_above,
    _same,
    "a quality floor above {}",
    "a quality floor of {} or less",
    lambda v, way: f"{_three_digits(100 * v, way)} %",
)
_VOLUME = _Kind(
    lambda v: floor(v) + 1,
    lambda v: ceil(v) - 1,
    "more than {}",
    "fewer than {}",
    lambda v, way: f"{v:,.0f} requests a month",
)


def _nearest(
    court: Court,
    now: str | None,
    condition: Condition,
    present: float,
    thresholds: Iterable[float],
    kind: _Kind,
) -> Iterator[Flip]:
    """The first threshold on each side of the present value beyond which the advice differs."""
    every = sorted(set(thresholds))
    upwards = [(t, kind.above(t)) for t in every if kind.above(t) > present]
    downwards = [(t, kind.below(t)) for t in reversed(every) if 0 <= kind.below(t) < present]
    ways = (upwards, kind.upwards, ROUND_CEILING), (downwards, kind.downwards, ROUND_FLOOR)
    for side, words, rounding in ways:
        for threshold, value in side:
            then = court.recommended(condition, value)
            if then != now:
                if then is not None:
                    told = words.format(kind.show(threshold, rounding))
                    message = f"With {told}, {then} would be recommended{court.doubt(then)}."
                    yield Flip(condition=condition, value=value, then=then, message=message)
                break


def _frequencies(court: Court, now: str | None, present: str) -> Iterator[Flip]:
    every = list(UPDATES_A_MONTH)
    place = every.index(present)
    for side in (every[place + 1 :], every[:place][::-1]):
        for value in side:
            then = court.recommended("knowledge_changes", value)
            if then != now:
                if then is not None:
                    told = "never changed" if value == "never" else f"changed {value}"
                    message = f"If facts {told}, {then} would be recommended{court.doubt(then)}."
                    yield Flip(condition="knowledge_changes", value=value, then=then, message=message)
                break


def _margins(drawn: Resampled) -> list[float]:
    """For each method that may be chosen the margin from which it is as good as the best (`Rule.as_good`)."""
    allowed = list(drawn.allowed)
    lost = np.sort(drawn.believed[allowed].max(axis=0) - drawn.believed[allowed], axis=1)
    return [float(m) for m in lost[:, RESAMPLES // 2 - 1] if m <= WIDEST_MARGIN]


def _crossings(costs: Sequence[Cost]) -> list[float]:
    """Every volume at which one method begins to be cheaper than another."""
    pairs = [break_even(a, b) for i, a in enumerate(costs) for b in costs[:i]]
    return [volume for volume in pairs if volume is not None]
