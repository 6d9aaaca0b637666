"""Reports without what no two runs share: how long things took, and what hangs on that."""

from __future__ import annotations

from typing import Any

MEASURED_IN_SECONDS = (
    "seconds",
    "cost_per_1000",
    "once_cost",
    "break_even",
    "monthly_cost",
    "prepare_seconds",
    "p50_seconds",
    "p95_seconds",
)
"""No two runs take equally long."""
TIMED = ("max_latency_seconds", "max_cost_per_1000", "monthly_volume")


def without_times(report: Any) -> Any:
    if isinstance(report, list):
        kept = [one for one in report if not (isinstance(one, dict) and one.get("condition") in TIMED)]
        return [without_times(one) for one in kept]
    if isinstance(report, dict):
        return {k: without_times(v) for k, v in report.items() if k not in MEASURED_IN_SECONDS}
    return report
