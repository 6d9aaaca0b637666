"""The rule: simplest within the margin, honest when unsure."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.decision import broken_constraint, decide
from advisor.economics import Cost
from advisor.statistics import Standing
from advisor.use_case import Constraints
from advisor.wording import say


def standing(score: float, within: float) -> Standing:
    return Standing(score, (score - 0.05, score + 0.05), 0.9 - score, (0.0, 0.1), within, within)


def cost(**changes: Any) -> Cost:
    figures = {
        "per_1000": 0.5,
        "prepare": 0.0,
        "monthly": None,
        "prepare_seconds": 1.0,
        "p50_seconds": 0.1,
        "p95_seconds": 0.2,
    }
    return Cost(**{**figures, "prompt_tokens": 100.0, "completion_tokens": 5.0, **changes})


@pytest.mark.parametrize(
    ("standings", "verdict", "recommended"),
    [
        ({"zero-shot": standing(0.2, 0.0), "rag": standing(0.9, 1.0)}, "clear", "rag"),
        (
            {"zero-shot": standing(0.89, 0.9), "rag": standing(0.9, 1.0)},
            "equivalent_take_simplest",
            "zero-shot",
        ),
        ({"zero-shot": standing(0.88, 0.6), "rag": standing(0.9, 0.7)}, "undecided_label_more", "zero-shot"),
        ({"zero-shot": standing(0.80, 0.3), "rag": standing(0.9, 0.7)}, "undecided_label_more", "rag"),
    ],
)
def test_the_rule(standings: dict[str, Standing], verdict: str, recommended: str) -> None:
    found = decide(standings, {})
    assert (found.verdict, found.recommended) == (verdict, recommended)
    assert recommended in say(found, standings, {}, "accuracy", 100)


def test_nothing_is_recommended_when_nothing_is_allowed() -> None:
    standings = {"rag": standing(0.9, 1.0)}
    excluded = {"rag": "too slow"}
    found = decide(standings, excluded)
    assert found.verdict == "none_meets_bar"
    assert "too slow" in say(found, standings, excluded, "accuracy", None)


def test_a_best_score_of_nothing_is_no_recommendation() -> None:
    standings = {"zero-shot": standing(0.0, 1.0), "rag": standing(0.01, 1.0)}
    found = decide(standings, {})
    assert (found.verdict, found.recommended) == ("none_meets_bar", None)
    assert "No method works" in say(found, standings, {}, "token_f1", None)


def test_what_scores_nothing_is_not_as_good_as_a_weak_leader() -> None:
    found = decide({"zero-shot": standing(0.04, 0.9), "rag": standing(0.055, 1.0)}, {})
    assert found.recommended == "rag"


@pytest.mark.parametrize(
    ("limits", "spent", "reason"),
    [
        ({}, cost(), None),
        ({"max_latency_seconds": 0.1}, cost(), "p95 latency"),
        ({"max_cost_per_1000": 0.1}, cost(), "per 1,000"),
        ({"max_cost_per_1000": 0.1}, cost(per_1000=None), "no price"),
        ({"quality_floor": 0.95}, cost(), "quality floor"),
        ({"knowledge_changes": "weekly"}, cost(), "trained again"),
        ({"knowledge_changes": "yearly"}, cost(), None),
    ],
)
def test_constraints(limits: dict[str, Any], spent: Cost, reason: str | None) -> None:
    found = broken_constraint(0.9, spent, trains_on_facts=True, limits=Constraints(**limits))
    assert (found is None) if reason is None else (found is not None and reason in found)
