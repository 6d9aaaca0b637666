"""How well confidence tells right answers from wrong ones: risk against coverage. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Point:
    """What answering with at least this confidence would mean."""

    threshold: float
    coverage: float
    """Share of questions that are answered."""
    risk: float
    """Mean loss of the answers given, 0 to 1."""


def risk_coverage(confidences: Sequence[float], losses: Sequence[float]) -> list[Point]:
    """The curve, from the surest answer to all; answers of equal confidence are given together."""
    if not confidences:
        return []
    ordered, running = _running_risk(confidences, losses)
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    return [Point(float(ordered[i]), (int(i) + 1) / len(ordered), float(running[i])) for i in last]


def area_under_curve(confidences: Sequence[float], losses: Sequence[float]) -> float:
    """AURC: the mean risk over all coverages (Geifman, Uziel & El-Yaniv 2019); 0 is best.

    Within a run of equal confidence, every answer counts with the mean loss of its run.
    """
    if not confidences:
        return 0.0
    ordered, _ = _running_risk(confidences, losses)
    _, run, sizes = np.unique(-ordered, return_inverse=True, return_counts=True)
    sorted_losses = np.asarray(losses, float)[_order(confidences)]
    means = np.bincount(run, sorted_losses) / sizes
    return float(np.mean(np.cumsum(means[run]) / np.arange(1, len(run) + 1)))


def _running_risk(
    confidences: Sequence[float], losses: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    order = _order(confidences)
    ordered = np.asarray(confidences, float)[order]
    risk = np.cumsum(np.asarray(losses, float)[order]) / np.arange(1, len(order) + 1)
    return ordered, risk


def _order(confidences: Sequence[float]) -> NDArray[np.intp]:
    return np.argsort(-np.asarray(confidences, float), kind="stable")
