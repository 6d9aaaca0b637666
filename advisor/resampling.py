"""Scores under resampling: what other samples, or no difference between two methods, would have shown.

Copies of an input are one case: they are drawn together, or not at all. Every resample also holds one
unknown case, that each method answers right or wrong by the toss of a coin: what all samples have in common
is not certain for that, and least where they are few.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

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


@dataclass(frozen=True, slots=True)
class Draws:
    """What is drawn once, whichever methods are excluded and whichever is preferred."""

    metric: Metric
    columns: Mapping[str, Floats]
    """Method -> column sums of each case."""
    scores: Mapping[str, Floats]
    unseen: Mapping[str, Floats]
    constant: Floats | None
    """Scores of the constant answer."""
    kept: npt.NDArray[np.bool_]
    """`kept[b, case]`: the case's answers are not swapped."""
    _chance: dict[tuple[str, str], Floats] = field(default_factory=dict)

    def among(self, names: Sequence[str], excluded: Collection[str] = ()) -> Resampled:
        """Those methods in this order, of which some cannot lead."""
        observed = np.array([self.metric.value(self.columns[name].sum(axis=0)) for name in names])
        every = range(len(names))
        allowed = tuple(m for m in every if names[m] not in excluded) or tuple(every)
        leader = max(allowed, key=lambda m: observed[m])
        scores = np.array([self.scores[name] for name in names])
        return Resampled(
            names=tuple(names),
            allowed=allowed,
            leader=leader,
            observed=observed,
            scores=scores,
            unseen=np.array([self.unseen[name] for name in names]),
            chance=np.array([self._gain(names[leader], name) for name in names]),
            lead=None if self.constant is None else scores - self.constant,
        )

    def _gain(self, leader: str, other: str) -> Floats:
        """Approximate randomisation (Noreen 1989); with scores of 0 and 1 this is McNemar's exact test."""
        if (leader, other) not in self._chance:
            one, two = self.columns[leader], self.columns[other]
            moved, value = self.kept.astype(float) @ (one - two), self.metric.value
            gains = value(two.sum(axis=0) + moved) - value(one.sum(axis=0) - moved)
            self._chance[leader, other] = gains
        return self._chance[leader, other]


def draw(evidence: Evidence, seed: int) -> Draws:
    """Draw `RESAMPLES` paired resamples of the cases, and as many random swaps."""
    rng = np.random.default_rng(seed)
    cases, metric = _Cases(evidence), evidence.metric
    columns = {name: cases.sums(c) for name, c in evidence.columns.items()}
    weights = cases.weights(rng)
    kept = rng.integers(0, 2, (RESAMPLES, cases.count)).astype(bool)
    unknown = _Unknown(cases, metric, rng)
    constant = None if evidence.constant is None else cases.sums(evidence.constant)
    return Draws(
        metric=metric,
        columns=columns,
        scores={name: metric.value(weights @ c + unknown.answered(c)) for name, c in columns.items()},
        unseen=_unseen(cases, weights, columns, metric),
        constant=None if constant is None else metric.value(weights @ constant + unknown.typical(constant)),
        kept=kept,
    )


def resample(evidence: Evidence, seed: int, excluded: Collection[str] = ()) -> Resampled:
    """Resamples of all methods of the evidence."""
    return draw(evidence, seed).among(tuple(evidence.columns), excluded)


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


class _Unknown:
    """The unknown case of each resample: of any stratum, and of a weight that is 1 on average.

    For the score of one method this is the posterior of Jeffreys' prior; the weights are those of the
    Bayesian bootstrap (Rubin 1981; Ferguson 1973, a Dirichlet process of concentration 1).
    """

    def __init__(self, cases: _Cases, metric: Metric, rng: np.random.Generator) -> None:
        self._strata, self._extremes, self._rng = cases.strata, metric.extremes, rng
        self._stratum = rng.integers(len(cases.strata), size=RESAMPLES)
        self._weight = rng.exponential(size=(RESAMPLES, 1))

    def answered(self, columns: Floats) -> Floats:
        """What the case adds to a method's column sums, right or wrong; shape (RESAMPLES, c)."""
        right, wrong = self._extremes(self._means(columns))
        is_right = self._rng.integers(0, 2, (RESAMPLES, 1)).astype(bool)
        return np.asarray(self._weight * np.where(is_right, right[self._stratum], wrong[self._stratum]))

    def typical(self, columns: Floats) -> Floats:
        """What it adds where the answer is no secret: as much as the other cases of its stratum."""
        return np.asarray(self._weight * self._means(columns)[self._stratum])

    def _means(self, columns: Floats) -> Floats:
        return np.stack([columns[stratum].mean(axis=0) for stratum in self._strata])


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


def _unseen(
    cases: _Cases, weights: Floats, columns: Mapping[str, Floats], metric: Metric
) -> dict[str, Floats]:
    left_out = (weights == 0).astype(float)
    whole = np.all([left_out[:, stratum].any(axis=1) for stratum in cases.strata], axis=0)
    scores = {name: np.full(RESAMPLES, np.nan) for name in columns}
    if whole.mean() >= LEAST_WHOLE:
        for name, c in columns.items():
            scores[name][whole] = metric.value(left_out[whole] @ c)
    return scores
