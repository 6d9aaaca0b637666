"""Which method to take: pure functions of scores, costs and constraints.

1. Methods that break a constraint are out, with the reason; what scores about zero
   helps nobody.
2. Methods that probably lose at most the margin to the best one left are as good as it.
3. Of those, the simplest is recommended; how sure that is becomes the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from advisor.economics import Cost
from advisor.statistics import Standing
from advisor.use_case import Constraints

Verdict = Literal["clear", "equivalent_take_simplest", "undecided_label_more", "none_meets_bar"]
SURE = 0.8
"""Share of resamples in which the recommended method must be within the margin of the best."""
AS_GOOD = 0.5
"""Share of resamples in which a method must be within the margin to count as equally good."""


USEFUL = 0.05
"""A method that scores less than this does not solve the task at all, whatever it is compared with."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome."""

    verdict: Verdict
    recommended: str | None
    """None when nothing meets the constraints, or nothing works."""
    leader: str | None
    """The highest score among the methods that meet the constraints."""
    equally_good: tuple[str, ...]
    """Simplest first; the recommended method and the leader are among them."""


def decide(standings: Mapping[str, Standing], excluded: Mapping[str, str]) -> Decision:
    """Apply the rule above to the standings, given from the simplest method to the most complex."""
    allowed = {name: s for name, s in standings.items() if name not in excluded}
    if not allowed:
        return Decision("none_meets_bar", None, None, ())
    leader = max(allowed, key=lambda name: allowed[name].score)
    if allowed[leader].score < USEFUL:
        return Decision("none_meets_bar", None, leader, ())
    equal = tuple(
        name
        for name, s in allowed.items()
        if name == leader or (s.p_within_margin >= AS_GOOD and s.score >= USEFUL)
    )
    verdict: Verdict = "clear" if len(equal) == 1 else "equivalent_take_simplest"
    if allowed[equal[0]].p_within_margin < SURE:
        verdict = "undecided_label_more"
    return Decision(verdict, equal[0], leader, equal)


def broken_constraint(score: float, cost: Cost, trains_on_facts: bool, limits: Constraints) -> str | None:
    """The first constraint that a method breaks, or None."""
    if limits.max_latency_seconds is not None and cost.p95_seconds > limits.max_latency_seconds:
        return f"p95 latency {cost.p95_seconds:.3g} s is over the limit of {limits.max_latency_seconds:g} s"
    if limits.max_cost_per_1000 is not None:
        if cost.per_1000 is None:
            return "its model has no price in the price table, so the cost limit cannot be checked"
        if cost.per_1000 > limits.max_cost_per_1000:
            return f"{cost.per_1000:.3g} per 1,000 requests is over the limit of {limits.max_cost_per_1000:g}"
    if limits.quality_floor is not None and score < limits.quality_floor:
        return f"score {score:.1%} is under the quality floor of {limits.quality_floor:.0%}"
    if trains_on_facts and limits.knowledge_changes in ("weekly", "daily"):
        return f"facts change {limits.knowledge_changes}, and it would have to be trained again each time"
    return None
