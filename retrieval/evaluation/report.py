"""Outcomes of many questions as figures with their uncertainty. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from retrieval.evaluation.abstention import Point, area_under_curve, risk_coverage
from retrieval.evaluation.outcome import Outcome

RESAMPLES = 1000
_LEVEL = (2.5, 97.5)
_POINTS = 50
"""Points of the curve that are told."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A mean over questions."""

    value: float
    low: float
    """Ends of the 95 % interval: percentiles of bootstrap resamples of the questions (Efron 1979)."""
    high: float
    questions: int


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured; a measure is None where no question had the labels for it."""

    questions: int
    retrieval: dict[str, Measure | None]
    """recall@1, recall@5, recall@10, mrr, ndcg@10."""
    answers: dict[str, Measure | None]
    """exact_match and token_f1 over all answerable questions, an abstention counting 0; the same over
    those answered."""
    citations: dict[str, Measure | None]
    """precision and recall over the questions answered."""
    abstention: dict[str, Measure | None]
    """coverage; risk of what was answered; right: share of unanswerable questions that were not answered;
    wrong: share of answerable ones that were not."""
    aurc: float | None
    curve: tuple[Point, ...]
    seconds: Measure | None
    """To search and answer."""

    def as_dict(self) -> dict[str, Any]:
        """The report as plain data."""
        return asdict(self)


def report(outcomes: Sequence[Outcome]) -> Report:
    """The figures of some outcomes."""
    given = [one for one in outcomes if not one.abstained]
    judged = [(one.confidence, loss) for one in outcomes if (loss := one.loss) is not None]
    confidences, losses = [c for c, _ in judged], [loss for _, loss in judged]
    return Report(
        questions=len(outcomes),
        retrieval={name: mean(_ranking(outcomes, name)) for name in _names(outcomes)},
        answers=_answers(outcomes, given),
        citations={
            "precision": mean(one.citation_precision for one in given),
            "recall": mean(one.citation_recall for one in given),
        },
        abstention={
            "coverage": mean(float(not one.abstained) for one in outcomes),
            "risk": mean(one.loss for one in given),
            "right": mean(float(one.abstained) for one in outcomes if not one.answerable),
            "wrong": mean(float(one.abstained) for one in outcomes if one.answerable),
        },
        aurc=round(area_under_curve(confidences, losses), 4) if judged else None,
        curve=_thinned(risk_coverage(confidences, losses)),
        seconds=mean(one.seconds for one in outcomes),
    )


def mean(values: Iterable[float | None]) -> Measure | None:
    """The mean of those values that are there, or None where none is."""
    known = np.array([value for value in values if value is not None], float)
    if not len(known):
        return None
    picks = np.random.default_rng(0).integers(len(known), size=(RESAMPLES, len(known)))
    low, high = np.percentile(known[picks].mean(axis=1), _LEVEL)
    return Measure(_short(known.mean()), _short(low), _short(high), len(known))


def _short(value: float) -> float:
    return round(float(value), 4)


def _names(outcomes: Sequence[Outcome]) -> list[str]:
    return next((list(one.ranking) for one in outcomes if one.ranking), [])


def _ranking(outcomes: Sequence[Outcome], name: str) -> list[float | None]:
    return [one.ranking[name] if one.ranking else None for one in outcomes]


def _answers(outcomes: Sequence[Outcome], given: Sequence[Outcome]) -> dict[str, Measure | None]:
    told: dict[str, Measure | None] = {}
    for name in ("exact_match", "token_f1"):
        scores = [(one, getattr(one, name)) for one in outcomes]
        told[name] = mean(None if score is None else 0.0 if one.abstained else score for one, score in scores)
        told[f"{name}_when_answered"] = mean(getattr(one, name) for one in given)
    return told


def _thinned(points: Sequence[Point]) -> tuple[Point, ...]:
    """Some of the points, the first and the last among them."""
    at = np.unique(np.linspace(0, len(points) - 1, min(_POINTS, len(points))).round().astype(int))
    return tuple(points[i] for i in at)
