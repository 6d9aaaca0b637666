"""The bootstrap against simulations whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from advisor.scoring import metric_named
from advisor.statistics import resample, samples_to_tell_apart, standings, winner_score

METRIC = metric_named("accuracy")


def marks(values: np.ndarray) -> np.ndarray:
    return np.stack([values.astype(float), np.ones(len(values))], axis=1)


def test_a_method_that_always_wins_is_best_for_sure() -> None:
    drawn = resample({"bad": marks(np.zeros(40)), "good": marks(np.ones(40))}, METRIC, seed=0)
    found = standings(drawn, margin=0.02)
    assert found["good"].p_best == 1
    assert found["bad"].deficit == 1
    assert found["bad"].deficit_interval == (1, 1)


def test_equal_methods_share_the_lead() -> None:
    same = marks(np.arange(40) % 2)
    found = standings(resample({"one": same, "two": same}, METRIC, seed=0), margin=0.0)
    assert found["one"].p_best == found["two"].p_best == pytest.approx(0.5)
    assert found["one"].p_within_margin == 1


def test_an_excluded_method_cannot_lead() -> None:
    drawn = resample({"good": marks(np.ones(40)), "bad": marks(np.zeros(40))}, METRIC, seed=0)
    found = standings(drawn, margin=0.02, excluded={"good"})
    assert found["bad"].p_best == 1
    assert found["good"].deficit == -1


def test_intervals_cover_the_truth() -> None:
    rng = np.random.default_rng(5)
    inside = 0
    for trial in range(200):
        columns = {"one": marks(rng.random(80) < 0.7), "two": marks(rng.random(80) < 0.5)}
        low, high = standings(resample(columns, METRIC, trial), 0.02)["one"].interval
        inside += low <= 0.7 <= high
    assert 0.84 <= inside / 200 <= 0.96


def test_the_score_of_a_winner_is_not_inflated() -> None:
    rng = np.random.default_rng(7)
    naive, corrected = [], []
    for trial in range(60):
        columns = {f"m{i}": marks(rng.random(50) < 0.6) for i in range(10)}
        drawn = resample(columns, METRIC, trial)
        naive.append(drawn.observed.max() - 0.6)
        corrected.append(winner_score(drawn)[0] - 0.6)
    assert np.mean(naive) > 0.07
    assert abs(np.mean(corrected)) < 0.03


def test_more_samples_are_asked_for_a_smaller_gap() -> None:
    rng = np.random.default_rng(3)
    luck = rng.random(100)
    near = {"a": marks(luck < 0.60), "b": marks(rng.random(100) < 0.63)}
    far = {"a": marks(luck < 0.30), "b": marks(rng.random(100) < 0.80)}
    needed = [
        samples_to_tell_apart(resample(c, METRIC, 0), "a", "b", margin=0.02, n=100) for c in (near, far)
    ]
    assert needed[0] is not None and needed[1] is not None
    assert needed[1] < 100 < needed[0]
