"""Which methods the constraints rule out, and why."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from advisor.economics import Cost
from advisor.use_case import Constraints


@dataclass(frozen=True, slots=True)
class Finding:
    """What the constraints say of one method."""

    excluded: str | None = None
    """The constraint that it breaks."""
    caution: str | None = None
    """A constraint that it may break: the measurement does not settle it."""


def examine(score: float, cost: Cost, trains_on_facts: bool, limits: Constraints) -> Finding:
    """Hold one method against the constraints; the first one that it breaks is told."""
    broken = (
        _too_dear(cost, limits.max_cost_per_1000)
        or _too_bad(score, limits.quality_floor)
        or _too_old(trains_on_facts, limits.knowledge_changes)
    )
    return Finding(broken) if broken else _too_slow(cost, limits.max_latency_seconds)


def _too_slow(cost: Cost, limit: float | None) -> Finding:
    """The 95th percentile of a few timings is no proof; the median's being over the limit is."""
    if limit is None or cost.p95_seconds <= limit:
        return Finding()
    if cost.p50_seconds > limit:
        return Finding(
            f"latency is over the limit of {limit:g} s "
            f"(median {cost.p50_seconds:.3g} s, p95 latency {cost.p95_seconds:.3g} s)"
        )
    return Finding(
        caution=f"its p95 latency of {cost.p95_seconds:.3g} s is over the limit of {limit:g} s, though its "
        f"median of {cost.p50_seconds:.3g} s is not; measure it on the machine that will serve it"
    )


def _too_dear(cost: Cost, limit: float | None) -> str | None:
    if limit is None:
        return None
    if cost.per_1000 is None:
        return (
            "its model has no price in the price table, so the cost limit cannot be checked: "
            "name input_per_million and output_per_million under economics"
        )
    if cost.per_1000 > limit:
        return f"{cost.per_1000:.3g} per 1,000 requests is over the limit of {limit:g}"
    return None


def _too_bad(score: float, least: float | None) -> str | None:
    if least is None or score >= least:
        return None
    # Rounded down, so that it never reads as the floor itself.
    return f"score {floor(score * 1000) / 10:.1f} % is under the quality floor of {100 * least:g} %"


def _too_old(trains_on_facts: bool, changes: str) -> str | None:
    if trains_on_facts and changes in ("weekly", "daily"):
        return f"facts change {changes}, and it would have to be trained again each time"
    return None
