"""Figures on worked examples: every number here was reckoned by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from advisor.resampling import RESAMPLES, Resampled
from benchmarks.advisorbench.baselines import blog_rule, choices, expected
from benchmarks.advisorbench.figures import (
    Outcome,
    calibration_error,
    coverage,
    figures,
    gap_closed,
    over_tasks,
    quantile,
)
from benchmarks.advisorbench.regret import regrets
from benchmarks.advisorbench.tensors import About, Part, Tensor


def outcome(task: str, regret: float, verdict: str, **told: object) -> Outcome:
    usual: dict[str, object] = {
        "size": 50,
        "weight": 1.0,
        "served": "few-shot",
        "score": 0.5,
        "plain_regret": regret,
        "score_error": 0.03,
        "regret_error": 0.01,
        "margin": 0.02,
        "p_within": 0.85,
        "covered": None,
        "cost": 1.0,
        "wall_seconds": 10.0,
        "scores": {"few-shot": (0.6, 0.5)},
        "baselines": {"always-a": 0.04, "always-b": 0.1, "random": 0.06},
    }
    return Outcome(task=task, regret=regret, verdict=verdict, **(usual | told))  # type: ignore[arg-type]


def test_the_figures_of_four_customers() -> None:
    found = [
        outcome("one", 0.0, "clear", cost=0.5, wall_seconds=10.0, covered=True),
        outcome("two", 0.03, "clear", cost=0.5, wall_seconds=20.0, covered=False),  # a false claim
        outcome("three", 0.05, "undecided_label_more", wall_seconds=30.0),  # beyond, and not claimed
        outcome("four", 0.02, "equivalent_take_simplest", wall_seconds=40.0),  # the margin itself is within
    ]
    told = figures(found)
    assert told["within_margin_rate"] == pytest.approx(2 / 4)
    assert told["mean_regret"] == pytest.approx(2.5)
    assert told["p90_regret"] == pytest.approx(5.0)
    assert told["gap_closed"] == pytest.approx(1 - 2.5 / 4)
    assert told["false_claim_rate"] == pytest.approx(1 / 3)
    assert told["calibration_error"] == pytest.approx(0.85 - 0.5)
    assert told["cost_vs_exhaustive"] == pytest.approx(0.75)
    assert told["wall_seconds_median"] == 20.0 and told["truth_error"] == pytest.approx(1.0)
    assert told["baselines"]["random"] == {"mean_regret": pytest.approx(6.0)}
    assert coverage(found) == pytest.approx(0.5)


def test_every_task_counts_the_same() -> None:
    found = [outcome("one", 0.06, "clear", weight=0.5)] * 2 + [outcome("two", 0.0, "clear")]
    assert figures(found)["mean_regret"] == pytest.approx(3.0)
    assert figures(found)["within_margin_rate"] == pytest.approx(0.5)


def test_no_claim_is_no_false_claim() -> None:
    assert figures([outcome("one", 0.5, "none_meets_bar")])["false_claim_rate"] is None


def test_calibration_weighs_the_tenths() -> None:
    told, came = np.array([0.85, 0.85, 0.3, 1.0]), np.array([1.0, 0.0, 0.0, 1.0])
    # |0.85 - 0.5| of two, |0.3 - 0| of one, |1 - 1| of one.
    assert calibration_error(told, came, np.ones(4)) == pytest.approx((2 * 0.35 + 0.3) / 4)


def test_gap_closed() -> None:
    assert gap_closed(1.0, [4.0, 5.0]) == pytest.approx(0.75)
    assert gap_closed(5.0, [4.0]) == pytest.approx(-0.25)
    assert gap_closed(1.0, [0.0, 3.0]) is None


def test_quantile_is_a_value_that_occurred() -> None:
    values = np.arange(1.0, 11.0)
    assert quantile(values, np.ones(10), 0.9) == 9.0
    assert quantile(values, np.ones(10), 0.5) == 5.0
    assert quantile(np.array([1.0, 5.0]), np.array([1.0, 3.0]), 0.5) == 5.0


def test_tasks_are_resampled_whole() -> None:
    found = [outcome("one", 0.0, "clear", weight=0.5)] * 2 + [outcome("two", 0.1, "clear")]
    assert over_tasks(found)["mean_regret"] == (pytest.approx(0.0), pytest.approx(10.0))
    # Where a resample lacks a task, its tenth of the probabilities is empty.
    found.append(outcome("three", 0.0, "clear", p_within=0.25))
    ends = over_tasks(found)["calibration_error"]
    assert ends is not None and 0 <= ends[0] < ends[1] <= 1


def test_regret_compares_on_what_was_left_out() -> None:
    """The middle method looks best in the resample; the last one is better still, and excluded."""
    rows = {"seen": ([0.5], [0.6], [0.9]), "left out": ([0.5], [0.54], [0.9])}
    seen, left_out = (np.repeat(np.array(r), RESAMPLES, axis=1) for r in rows.values())
    drawn = Resampled(
        names=("a", "b", "c"),
        allowed=(0, 1),
        leader=1,
        observed=seen[:, 0],
        scores=seen,
        expected=seen[:, 0],
        believed=seen,
        guessed=seen,
        retrained=seen,
        unseen=left_out,
        chance=np.zeros_like(seen),
        lead=None,
    )
    assert regrets(drawn) == {"a": pytest.approx(0.04), "b": pytest.approx(0), "c": pytest.approx(-0.36)}


def test_the_baselines_of_ten_samples(about: About, part_of: Callable[..., Part]) -> None:
    """Folds are 0 1 2 3 4 0 1 2 3 4."""
    samples = {
        "zero-shot": part_of([1, 0, 0, 0, 0, 1, 0, 0, 0, 0], learns=False),
        "few-shot": part_of([0, 1, 1, 0, 0, 0, 1, 0, 0, 0]),
        "lora": part_of([1.0] * 10),
    }
    told = about.model_copy(update={"excluded": {"lora": "too slow"}, "n": 10})
    tensor = Tensor(told, samples, part_of([0.0] * 10), samples)
    found = choices(tensor, ["zero-shot", "few-shot", "lora"])
    assert found["always-few-shot"] == {"few-shot": 1}
    assert found["always-lora"] == {"zero-shot": 1}
    assert found["cv_argmax"] == {"few-shot": 1}
    # Fold 0: zero-shot; 1 and 2: few-shot; 3 and 4: nobody is right, so the simplest.
    assert found["single_split_argmax"] == {"zero-shot": pytest.approx(0.6), "few-shot": pytest.approx(0.4)}
    assert found["random"] == {"zero-shot": 0.5, "few-shot": 0.5}
    assert expected(found["single_split_argmax"], {"zero-shot": 0.1, "few-shot": 0.0}) == pytest.approx(0.06)


@pytest.mark.parametrize(
    ("allowed", "n", "has_corpus", "taken"),
    [
        ("zero-shot few-shot rag lora", 500, True, "rag"),
        ("zero-shot few-shot rag-reader", 20, True, "rag-reader"),
        ("zero-shot few-shot lora", 49, False, "few-shot"),
        ("zero-shot few-shot feature-head lora", 50, False, "lora"),
        ("zero-shot few-shot feature-head", 50, False, "feature-head"),
        ("zero-shot few-shot", 200, False, "few-shot"),
    ],
)
def test_the_blogs(allowed: str, n: int, has_corpus: bool, taken: str) -> None:
    assert blog_rule(allowed.split(), n, has_corpus) == taken
