"""Scores under resampling: what other samples, or no difference between two methods, would have shown.

Copies of an input are one case: they are drawn together, or not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from advisor.scoring import Floats, Metric

RESAMPLES = 4_000
LEAST_WHOLE = 0.05
"""Share of left-out sets that must hold every stratum for them to be used."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Additive columns of the methods, from the simplest to the most complex, on the same samples."""

    metric: Metric
    columns: Mapping[str, Floats]
    """Method -> array (n, c)."""
    groups: Sequence[Hashable]
    """Of each sample; equal for copies of an input."""
    strata: Sequence[str] | None = None
    """Of each sample; where given, every resample holds as many of each stratum as were measured."""
    constant: Floats | None = None
    """Columns of an answer that is always the same, array (n, c)."""


@dataclass(frozen=True, slots=True)
class Resampled:
    """`scores[m, b]` is method m on resample b; an excluded method cannot lead."""

    names: tuple[str, ...]
    allowed: tuple[int, ...]
    leader: int
    observed: Floats
    scores: Floats
    unseen: Floats
    """`unseen[m, b]`: method m on what resample b left out; NaN where a stratum is missing there."""
    chance: Floats
    """`chance[m, b]`: what the leader gains on m where each case's answers are swapped at random."""
    lead: Floats | None
    """`lead[m, b]`: what method m gains on the constant answer; None where there is none."""

    def as_if(self, times: float) -> Resampled:
        """With so many times the samples and the same observed scores: errors fall with the square root."""

        def near(values: Floats, centre: Floats) -> Floats:
            return np.asarray(centre[:, None] + (values - centre[:, None]) / np.sqrt(times))

        return replace(
            self,
            scores=near(self.scores, self.observed),
            chance=self.chance / np.sqrt(times),
            lead=None if self.lead is None else near(self.lead, self.lead.mean(axis=1)),
        )


def resample(evidence: Evidence, seed: int, excluded: Collection[str] = ()) -> Resampled:
    """Draw `RESAMPLES` paired resamples of the cases, and as many random swaps."""
    rng = np.random.default_rng(seed)
    cases = _Cases(evidence)
    columns = {name: cases.sums(c) for name, c in evidence.columns.items()}
    value = evidence.metric.value
    names = tuple(columns)
    observed = np.array([value(c.sum(axis=0)) for c in columns.values()])
    allowed = tuple(m for m, name in enumerate(names) if name not in excluded) or tuple(range(len(names)))
    leader = max(allowed, key=lambda m: observed[m])
    weights = cases.weights(rng)
    scores = np.array([value(weights @ c) for c in columns.values()])
    lead = None
    if evidence.constant is not None:
        lead = scores - value(weights @ cases.sums(evidence.constant))
    return Resampled(
        names=names,
        allowed=allowed,
        leader=leader,
        observed=observed,
        scores=scores,
        unseen=_unseen(cases, weights, columns, evidence.metric),
        chance=_chance(rng, columns[names[leader]], list(columns.values()), evidence.metric),
        lead=lead,
    )


class _Cases:
    """Samples put together into cases, and cases into strata."""

    def __init__(self, evidence: Evidence) -> None:
        case, first = _numbered(evidence.groups)
        self._case, self.count = case, len(first)
        strata, _ = _numbered([(evidence.strata or [""] * len(case))[i] for i in first])
        self.strata = [np.flatnonzero(strata == stratum) for stratum in range(strata.max() + 1)]

    def sums(self, columns: Floats) -> Floats:
        """Column sums of each case, shape (cases, c)."""
        sums = np.zeros((self.count, columns.shape[1]))
        np.add.at(sums, self._case, columns)
        return sums

    def weights(self, rng: np.random.Generator) -> Floats:
        """How often each case is drawn, shape (RESAMPLES, cases)."""
        weights = np.zeros((RESAMPLES, self.count))
        for cases in self.strata:
            weights[:, cases] = _counts(rng, len(cases))
        return weights


def _numbered(names: Sequence[Hashable]) -> tuple[npt.NDArray[np.intp], list[int]]:
    """The number of each name, in order of appearance, and where each number appears first.

    Not `np.unique`, which makes every name as wide as the longest: names are whole inputs.
    """
    first: dict[Hashable, int] = {}
    for place, name in enumerate(names):
        first.setdefault(name, place)
    number = {name: i for i, name in enumerate(first)}
    return np.array([number[name] for name in names]), list(first.values())


def _counts(rng: np.random.Generator, n: int) -> Floats:
    """How often each of n is among n draws; shape (RESAMPLES, n)."""
    drawn = rng.integers(n, size=(RESAMPLES, n)) + n * np.arange(RESAMPLES)[:, None]
    return np.bincount(drawn.ravel(), minlength=RESAMPLES * n).reshape(RESAMPLES, n).astype(float)


def _unseen(cases: _Cases, weights: Floats, columns: Mapping[str, Floats], metric: Metric) -> Floats:
    left_out = (weights == 0).astype(float)
    whole = np.all([left_out[:, stratum].any(axis=1) for stratum in cases.strata], axis=0)
    scores = np.full((len(columns), RESAMPLES), np.nan)
    if whole.mean() >= LEAST_WHOLE:
        scores[:, whole] = [metric.value(left_out[whole] @ c) for c in columns.values()]
    return scores


def _chance(rng: np.random.Generator, leader: Floats, others: Sequence[Floats], metric: Metric) -> Floats:
    """Approximate randomisation (Noreen 1989); with scores of 0 and 1 this is McNemar's exact test."""
    kept = rng.integers(0, 2, (RESAMPLES, len(leader))).astype(float)
    gains = []
    for other in others:
        moved = kept @ (leader - other)
        gains.append(metric.value(other.sum(axis=0) + moved) - metric.value(leader.sum(axis=0) - moved))
    return np.array(gains)
