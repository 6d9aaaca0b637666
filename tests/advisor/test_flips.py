"""What would change the advice, held against deciding again."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from advisor.decision import decide
from advisor.flips import changed
from advisor.measurement import Measurement
from advisor.recommendation import Flip, Recommendation
from advisor.score_sheet import score_sheet
from advisor.statistics import standings
from advisor.use_case import UseCase
from advisor.weigh import draws_of, weigh
from tests.advisor.measurements import measured, use_case

CONDITIONS: list[dict[str, Any]] = [
    {},
    {"margin": 0.05},
    {"constraints": {"max_latency_seconds": 1.0}},
    {"constraints": {"max_cost_per_1000": 0.03, "knowledge_changes": "weekly"}},
    {"constraints": {"quality_floor": 0.6}},
    {"economics": {"prefer": "cheapest"}, "margin": 0.1},
    {
        "economics": {"prefer": "cheapest", "per_label": 0.01},
        "constraints": {"monthly_volume": 5_000},
        "margin": 0.1,
    },
]


def advice(case: UseCase, evidence: Measurement) -> str | None:
    """Decided from the start, without anything that the flips remember."""
    sheet = score_sheet(case, evidence)
    drawn = draws_of(case, sheet).among(list(sheet.costs), sheet.excluded)
    return decide(standings(drawn, case.margin), sheet.excluded, case.margin).recommended


def between(case: UseCase, flip: Flip) -> float | None:
    """Half way from the present value to the one that is told."""
    if isinstance(flip.value, str):
        return None
    limits = case.constraints
    present = case.margin if flip.condition == "margin" else getattr(limits, flip.condition)
    if present is None:
        present = 0.0 if flip.condition == "quality_floor" else 1_000 * flip.value + 1_000
    middle = (present + flip.value) / 2
    return round(middle) if flip.condition == "monthly_volume" else middle


def stated(flip: Flip) -> float | None:
    """The first value that the sentence speaks of, as somebody would take it from there."""
    found = re.match(r"With .*?(of|below|above|than) ([\d.,e+-]+) (points|%|s|per|requests)", flip.message)
    if found is None:
        return None
    word, number, unit = found.groups()
    value = float(number.replace(",", "")) / (100 if unit in ("points", "%") else 1)
    if word == "than":
        return value + (1 if "more than" in flip.message else -1)
    return value * {"of": 1.0, "below": 1 - 1e-7, "above": 1 + 1e-7}[word]


@pytest.mark.parametrize("conditions", CONDITIONS, ids=str)
def test_at_the_told_value_the_advice_is_what_is_told_and_before_it_is_as_now(
    conditions: dict[str, Any],
) -> None:
    seen = 0
    for seed in range(2):
        case = use_case(seed=seed, **conditions)
        evidence = measured(case, np.random.default_rng(seed))
        now = weigh(case, evidence)
        for flip in now.flips:
            assert flip.then != now.recommended
            assert flip.then in flip.message
            assert advice(changed(case, flip.condition, flip.value), evidence) == flip.then
            if (said := stated(flip)) is not None:
                assert advice(changed(case, flip.condition, said), evidence) == flip.then
            middle = between(case, flip)
            if middle is not None and middle not in (flip.value, case.constraints.monthly_volume):
                assert advice(changed(case, flip.condition, middle), evidence) == now.recommended
            seen += 1
    assert seen >= 2


def weighed(**conditions: Any) -> Recommendation:
    case = use_case(**conditions)
    return weigh(case, measured(case, np.random.default_rng(0)))


def test_the_cheapest_of_the_equally_good_is_taken_where_that_is_asked_for() -> None:
    wide = weighed(margin=0.5)
    assert wide.recommended == wide.rows[0].method == "zero-shot"
    cheap = weighed(margin=0.5, economics={"prefer": "cheapest"})
    prices = [row.cost_per_1000 for row in cheap.rows]
    assert prices == sorted(prices, key=float) and cheap.recommended == cheap.rows[0].method
    busy = weighed(margin=0.5, economics={"prefer": "cheapest"}, constraints={"monthly_volume": 0})
    monthly = [row.monthly_cost for row in busy.rows]
    assert monthly == sorted(monthly, key=float)


def test_the_share_of_knowledge_is_what_searching_gains() -> None:
    found = weighed()
    scores = {row.method: row.score for row in found.rows}
    others = max(score for name, score in scores.items() if name != "rag")
    assert found.knowledge_share == pytest.approx(scores["rag"] - others)
