"""Confidence from evidence, and the threshold of a target."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from retrieval.answers.calibration import Calibration, Evidence, fit
from retrieval.store.errors import TooFewLabelsError


def cases(count: int) -> list[tuple[Evidence, bool]]:
    """Answers are right as often as their support says."""
    random = Random(1)
    supports = [random.random() for _ in range(count)]
    return [(Evidence(0.5, random.random(), 0.5, one), random.random() < one) for one in supports]


def test_confidence_is_the_share_of_right_answers(tmp_path: Path) -> None:
    fitted = fit("generative", cases(2000))
    for support in (0.1, 0.5, 0.9):
        assert fitted.confidence(Evidence(0.5, 0.5, 0.5, support)) == pytest.approx(support, abs=0.06)
    assert abs(fitted.weights["margin"]) < 0.4 and fitted.weights["support"] > 3
    fitted.write(tmp_path / "kept.json")
    assert Calibration.read(tmp_path / "kept.json") == fitted


def test_the_threshold_keeps_to_the_target_and_answers_as_much_as_it_allows() -> None:
    strict, mild = fit("generative", cases(2000), 0.1), fit("generative", cases(2000), 0.3)
    assert strict.error <= 0.1 and mild.error <= 0.3
    assert strict.threshold > mild.threshold and strict.coverage < mild.coverage
    fresh = [
        (fitted, right)
        for fitted, right in cases(4000)[2000:]
        if strict.confidence(fitted) >= strict.threshold
    ]
    assert sum(not right for _, right in fresh) / len(fresh) < 0.14


@pytest.mark.parametrize("known", [[], cases(39), [(one, True) for one, _ in cases(100)]])
def test_too_few_labels_are_refused(known: list[tuple[Evidence, bool]]) -> None:
    with pytest.raises(TooFewLabelsError, match="at least 40"):
        fit("extractive", known)
