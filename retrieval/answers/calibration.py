"""From evidence to the probability that an answer is right, and the least one that is answered with.

A logistic regression on a few features, fitted on labelled questions; plain numbers in a JSON file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np

from retrieval.answers.records import ReaderName
from retrieval.store.errors import TooFewLabelsError

SHIPPED = Path(__file__).parent / "calibrations"
MIN_QUESTIONS = 40
"""With fewer, a fitted probability says little."""
MIN_OF_A_KIND = 5
"""Right and wrong answers that a fit needs at least."""
_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an answer; each between 0 and 1, or about."""

    similarity: float
    """Cosine of the question and the best window that was found; 0 where none is near."""
    margin: float
    """By how much that is more than the cosine of the second best."""
    relevance: float
    """Share of the question's words that stand in the quote."""
    support: float
    """Share of the answer that stands in the quotes."""
    probability: float = 0.0
    """What the extractive reader gives its span; 0 for a language model."""


FEATURES = tuple(Evidence.__slots__)


@dataclass(frozen=True, slots=True)
class Calibration:
    """How much each feature counts for one kind of reader, and where answering begins."""

    reader: ReaderName
    weights: Mapping[str, float]
    intercept: float
    threshold: float
    """Of confidence."""
    target_error: float
    """Share of wrong answers among those given that the threshold was chosen for."""
    questions: int
    """Labelled questions that it was fitted on."""
    error: float
    """Share of wrong answers among those given at the threshold, by cross-validation."""
    coverage: float
    """Share of questions answered at the threshold, by cross-validation."""

    def confidence(self, evidence: Evidence) -> float:
        """The probability that the answer is right."""
        logit = self.intercept + sum(w * getattr(evidence, name) for name, w in self.weights.items())
        return 1 / (1 + math.exp(-max(-500.0, min(500.0, logit))))

    def write(self, path: Path) -> None:
        """Keep it as JSON."""
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", "utf-8")

    @classmethod
    def read(cls, path: Path) -> Calibration:
        """One that was kept."""
        return cls(**json.loads(path.read_text("utf-8")))


@cache
def shipped(reader: ReaderName) -> Calibration:
    """The calibration that comes with the product; `retrieval.answers.recipe` made it."""
    return Calibration.read(SHIPPED / f"{reader}.json")


def fit(reader: ReaderName, cases: Sequence[tuple[Evidence, bool]], target_error: float = 0.2) -> Calibration:
    """Learn from answers that are known to be right or wrong.

    The threshold is the lowest at which the share of wrong answers does not exceed the target, by
    cross-validation; where there is none, the highest confidence, so that next to nothing is answered.

    Raises:
        TooFewLabelsError: under 40 answers, or under 5 right or wrong ones.
    """
    right = np.array([known for _, known in cases], bool)
    rarer = int(min(right.sum(), (~right).sum())) if len(right) else 0
    if len(cases) < MIN_QUESTIONS or rarer < MIN_OF_A_KIND:
        raise TooFewLabelsError(
            f"Got {len(cases)} answers, {int(right.sum())} of them right; a calibration needs at least "
            f"{MIN_QUESTIONS}, with {MIN_OF_A_KIND} right and {MIN_OF_A_KIND} wrong."
        )
    from sklearn.linear_model import LogisticRegression  # takes a second to load
    from sklearn.model_selection import cross_val_predict

    table = np.array([[getattr(evidence, name) for name in FEATURES] for evidence, _ in cases])
    model = LogisticRegression(max_iter=1000)
    held_out = cross_val_predict(model, table, right, cv=_FOLDS, method="predict_proba")[:, 1]
    threshold, error, coverage = _operating_point(held_out, right, target_error)
    model.fit(table, right)
    weights = {name: round(float(w), 4) for name, w in zip(FEATURES, model.coef_[0], strict=True)}
    return Calibration(
        reader=reader,
        weights=weights,
        intercept=round(float(model.intercept_[0]), 4),
        threshold=round(threshold, 4),
        target_error=target_error,
        questions=len(cases),
        error=round(error, 4),
        coverage=round(coverage, 4),
    )


def _operating_point(
    confidences: np.ndarray[tuple[int], np.dtype[np.float64]],
    right: np.ndarray[tuple[int], np.dtype[np.bool_]],
    target: float,
) -> tuple[float, float, float]:
    """Threshold, error and coverage: as many answers as the target allows."""
    order = np.argsort(-confidences, kind="stable")
    errors = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    allowed = np.flatnonzero(errors <= target)
    last = int(allowed[-1]) if len(allowed) else 0
    return float(confidences[order[last]]), float(errors[last]), (last + 1) / len(order)
