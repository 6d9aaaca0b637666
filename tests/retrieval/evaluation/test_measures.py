"""Measures against worked examples, and against scikit-learn where it has them."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, label_ranking_average_precision_score, ndcg_score

from retrieval.evaluation.abstention import Point, area_under_curve, risk_coverage
from retrieval.evaluation.rankings import recall_at, reciprocal_rank
from retrieval.evaluation.report import mean
from retrieval.store.fusion import ndcg

RANKED = ["a", "b", "c", "d", "e"]


def test_recall_and_reciprocal_rank_of_a_worked_example() -> None:
    relevant = frozenset({"b", "e", "x"})
    assert [recall_at(RANKED, relevant, depth) for depth in (1, 2, 5)] == pytest.approx([0, 1 / 3, 2 / 3])
    assert reciprocal_rank(RANKED, relevant) == 1 / 2
    assert reciprocal_rank(RANKED, frozenset({"x"})) == 0


def test_reciprocal_rank_of_one_relevant_file_is_scikit_learns_label_ranking_precision() -> None:
    for place in range(5):
        truth, scores = np.zeros((1, 5)), np.arange(5, 0, -1.0)[None]
        truth[0, place] = 1
        expected = label_ranking_average_precision_score(truth, scores)
        assert reciprocal_rank(RANKED, frozenset({RANKED[place]})) == pytest.approx(expected)
        assert expected == pytest.approx(average_precision_score(truth[0], scores[0]))


def test_ndcg_is_scikit_learns() -> None:
    random = Random(3)
    for _ in range(50):
        files = [f"f{i}" for i in range(30)]
        relevant = frozenset(random.sample(files, random.randint(1, 15)))
        truth = np.array([[one in relevant for one in files]], float)
        scores = -np.arange(len(files), dtype=float)[None]
        assert ndcg(files, relevant, 10) == pytest.approx(ndcg_score(truth, scores, k=10))


def test_the_curve_and_its_area_of_a_worked_example() -> None:
    confidences, losses = [0.9, 0.7, 0.7, 0.2], [0, 1, 0, 1]
    assert risk_coverage(confidences, losses) == [
        Point(0.9, 0.25, 0.0),
        Point(0.7, 0.75, pytest.approx(1 / 3)),
        Point(0.2, 1.0, 0.5),
    ]
    by_hand = (0 + 0.5 / 2 + 1 / 3 + 2 / 4) / 4
    assert area_under_curve(confidences, losses) == pytest.approx(by_hand)
    assert risk_coverage([], []) == [] and area_under_curve([], []) == 0


def test_the_area_is_best_where_wrong_answers_come_last_and_ignores_the_order_of_equals() -> None:
    losses = [0.0] * 6 + [1.0] * 4
    best = area_under_curve(range(10, 0, -1), losses)
    worst = area_under_curve(range(10), losses)
    flat = area_under_curve([0.5] * 10, losses)
    assert best < flat < worst and flat == pytest.approx(0.4)
    assert area_under_curve([0.5] * 10, losses[::-1]) == pytest.approx(flat)


def test_a_mean_tells_its_interval_and_its_questions() -> None:
    found = mean([1.0, 0.0, None] * 50)
    assert found and (found.value, found.questions) == (0.5, 100)
    assert found.low == pytest.approx(0.4, abs=0.03) and found.high == pytest.approx(0.6, abs=0.03)
    assert mean([None]) is None
