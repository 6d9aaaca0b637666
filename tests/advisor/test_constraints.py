"""What the constraints rule out, and what they only warn of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from advisor.constraints import examine
from advisor.economics import Cost
from advisor.use_case import Constraints

SPENT = Cost(
    per_1000=0.5,
    once=0.1,
    standing=0.01,
    monthly=None,
    prepare_seconds=1.0,
    p50_seconds=0.1,
    p95_seconds=0.2,
    prompt_tokens=100.0,
    completion_tokens=5.0,
)
UNPRICED = replace(SPENT, per_1000=None)


@pytest.mark.parametrize(
    ("limits", "spent", "reason"),
    [
        ({}, SPENT, None),
        ({"max_latency_seconds": 0.05}, SPENT, "p95 latency"),
        ({"max_latency_seconds": 0.2}, SPENT, None),
        ({"max_cost_per_1000": 0.1}, SPENT, "per 1,000"),
        ({"max_cost_per_1000": 0.1}, UNPRICED, "no price"),
        ({"quality_floor": 0.95}, SPENT, "score 90.0 % is under the quality floor of 95 %"),
        ({"quality_floor": 0.90001}, SPENT, "score 90.0 % is under the quality floor of 90.001 %"),
        ({"quality_floor": 0.9}, SPENT, None),
        ({"knowledge_changes": "weekly"}, SPENT, "trained again"),
        ({"knowledge_changes": "yearly"}, SPENT, None),
    ],
)
def test_excludes(limits: dict[str, Any], spent: Cost, reason: str | None) -> None:
    found = examine(0.9, spent, trains_on_facts=True, limits=Constraints(**limits))
    assert found.caution is None
    assert (found.excluded is None) if reason is None else (reason in (found.excluded or ""))


def test_a_score_just_under_the_floor_never_reads_like_the_floor() -> None:
    found = examine(0.8496, SPENT, False, Constraints(quality_floor=0.85))
    assert found.excluded == "score 84.9 % is under the quality floor of 85 %"


def test_a_slow_tail_alone_is_a_caution() -> None:
    found = examine(0.9, SPENT, False, Constraints(max_latency_seconds=0.15))
    assert found.excluded is None
    assert "p95 latency of 0.2 s is over the limit of 0.15 s" in (found.caution or "")
