"""The rule: simplest within the margin, honest when unsure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advisor.decision import Decision, decide
from advisor.statistics import Standing
from advisor.wording import Findings, say


def standing(score: float, within: float, chance: float = 0.0) -> Standing:
    loss = 0.005 if within >= 0.8 else 0.03
    around = (score - 0.05, score + 0.05)
    return Standing(score, around, 0.9 - score, (0.0, 0.1), within, within, chance, chance, loss, 1.0, score)


def findings(decision: Decision, standings: dict[str, Standing], **more: object) -> Findings:
    return replace(Findings(decision, standings, "accuracy", samples=100, given_samples=100), **more)


@pytest.mark.parametrize(
    ("standings", "verdict", "recommended"),
    [
        ({"zero-shot": standing(0.2, 0.0), "rag": standing(0.9, 1.0)}, "clear", "rag"),
        ({"zero-shot": standing(0.9, 1.0), "rag": standing(0.5, 0.0)}, "clear", "zero-shot"),
        (
            {"zero-shot": standing(0.89, 0.9), "rag": standing(0.9, 1.0)},
            "equivalent_take_simplest",
            "zero-shot",
        ),
        (
            {"zero-shot": standing(0.9, 0.9), "rag": standing(0.89, 0.3)},
            "equivalent_take_simplest",
            "zero-shot",
        ),
        ({"zero-shot": standing(0.88, 0.6), "rag": standing(0.9, 0.7)}, "undecided_label_more", "zero-shot"),
        ({"zero-shot": standing(0.80, 0.3), "rag": standing(0.9, 0.7)}, "undecided_label_more", "rag"),
        ({"zero-shot": standing(0.80, 0.49), "rag": standing(0.9, 1.0)}, "undecided_label_more", "rag"),
        ({"zero-shot": standing(0.80, 0.1, 0.2), "rag": standing(0.9, 1.0)}, "undecided_label_more", "rag"),
    ],
)
def test_the_rule(standings: dict[str, Standing], verdict: str, recommended: str) -> None:
    found = decide(standings, {}, 0.02)
    assert (found.verdict, found.recommended) == (verdict, recommended)
    assert recommended in say(findings(found, standings))


def test_what_is_ahead_on_the_samples_alone_is_named_where_other_tasks_speak_against_it() -> None:
    ahead, trusted = (
        replace(standing(0.8, 0.3, 1.0), expected=0.6),
        replace(standing(0.7, 0.7), expected=0.75),
    )
    for one, other, told in (
        (ahead, trusted, True),
        (ahead, replace(trusted, expected=0.5), False),
        (ahead, replace(trusted, score=0.8), False),
        (replace(ahead, p_above_constant=0.7), trusted, False),
    ):
        standings = {"one-shot": one, "encoder-lora": other}
        said = say(findings(decide(standings, {}, 0.02), standings))
        assert ("one-shot (80.0 % accuracy) is ahead" in said) == told


def test_equivalent_is_said_where_little_is_lost_and_not_where_much_may_be() -> None:
    leader = standing(0.9, 0.6)
    for loss, verdict in ((0.015, "equivalent_take_simplest"), (0.016, "undecided_label_more")):
        close = replace(standing(0.89, 0.6), expected_loss=loss)
        found = decide({"zero-shot": close, "rag": leader}, {}, 0.02)
        assert (found.verdict, found.recommended) == (verdict, "zero-shot")


def test_nothing_is_recommended_when_nothing_is_allowed() -> None:
    standings = {"rag": standing(0.9, 1.0)}
    excluded = {"rag": "too slow"}
    found = decide(standings, excluded, 0.02)
    assert found.verdict == "none_meets_bar"
    assert "too slow" in say(findings(found, standings, excluded=excluded))


def test_a_best_score_of_nothing_is_no_recommendation() -> None:
    standings = {"zero-shot": standing(0.0, 1.0), "rag": standing(0.01, 1.0)}
    found = decide(standings, {}, 0.02)
    assert (found.verdict, found.recommended) == ("none_meets_bar", None)
    assert "No method works" in say(findings(found, standings, metric="token_f1"))


def test_what_scores_nothing_is_not_as_good_as_a_weak_leader() -> None:
    found = decide({"zero-shot": standing(0.04, 0.9), "rag": standing(0.055, 1.0)}, {}, 0.02)
    assert found.recommended == "rag"


def test_what_an_answer_that_never_changes_also_reaches_is_not_recommended() -> None:
    same = replace(standing(0.9, 1.0), p_above_constant=0.0)
    found = decide({"zero-shot": same}, {}, 0.02)
    assert (found.verdict, found.recommended) == ("none_meets_bar", None)
    assert "always answering 'yes' (90.0 %)" in say(
        findings(found, {"zero-shot": same}, constant=("yes", 0.9))
    )
    better = decide({"zero-shot": same, "lora": standing(0.915, 1.0)}, {}, 0.02)
    assert better.recommended == "lora"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "no other method was measured"),
        ({"dropped": ("lora", "head")}, "the others (lora, head) could hardly win any more"),
        ({"dropped": ("lora",), "failed": {"head": "out of memory."}}, "could hardly win any more"),
        ({"excluded": {"lora": "too slow"}}, "no other method meets the constraints"),
        ({"failed": {"lora": "out of memory."}}, "no other method could be measured"),
        (
            {"failed": {"lora": "out of memory."}},
            "lora could not be measured (out of memory), so it is not ruled out.",
        ),
        (
            {"failed": {"lora": "out of memory.", "head": "no head", "rag-lora": "out of memory."}},
            "lora and rag-lora could not be measured (out of memory), so they are not ruled out. head could",
        ),
        ({"stopped": "on request", "given_samples": 300, "locked": 100}, "this rests on 100 of 200 samples."),
        (
            {"stopped": "the budget of 1 call is spent"},
            "1 call is spent: some methods are left out; a larger budget goes on from here.",
        ),
        ({"cautions": {"rag": "its p95 latency is high"}}, "Mind that its p95 latency is high."),
        ({"cautions": {"lora": "its p95 latency is high"}}, "Take rag"),
    ],
)
def test_says_why_there_is_no_rival_and_what_to_mind(more: dict[str, object], told: str) -> None:
    standings = {"rag": standing(0.9, 1.0)}
    said = say(findings(decide(standings, {}, 0.02), standings, **more))
    assert told in said
    assert ("Mind that" in said) == ("Mind that" in told)


def test_the_best_of_bad_methods_is_not_praised() -> None:
    standings = {"zero-shot": standing(0.1, 0.0), "rag": standing(0.3, 1.0)}
    said = say(findings(decide(standings, {}, 0.02), standings))
    assert "Take rag" in said and "less than half" in said
    assert "less than half" not in say(findings(decide(standings, {}, 0.02), standings, metric="rouge_l"))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "More than 500 labelled samples would be needed to settle it."),
        ({"given_samples": 400, "locked": 100}, "More than 667 labelled samples would be needed"),
        (
            {"labels_needed": 250},
            "About 250 scored samples would be needed to settle it: use the preset th",
        ),
        ({"labels_needed": 450}, "About 450 labelled samples would be needed to settle it."),
        (
            {"given_samples": 600, "stopped": "on request"},
            "More than 500 scored samples would be needed to settle it: let it measure on.",
        ),
    ],
)
def test_says_how_an_undecided_verdict_would_settle(more: dict[str, object], told: str) -> None:
    standings = {"zero-shot": standing(0.88, 0.6), "rag": standing(0.9, 0.7)}
    said = say(findings(decide(standings, {}, 0.02), standings, **{"given_samples": 300, **more}))
    assert told in said
    assert "rag is not ruled out" in said
