"""Samples as cases that are drawn together, and the one case that nobody has seen."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

from advisor.scoring import Floats, Metric


class Cases:
    """Samples put together into cases, and cases into strata."""

    def __init__(self, groups: Sequence[Hashable], strata_of: Sequence[str] | None) -> None:
        case, first = _numbered(groups)
        self._case, self.count = case, len(first)
        strata, _ = _numbered([(strata_of or [""] * len(case))[i] for i in first])
        self.strata = [np.flatnonzero(strata == stratum) for stratum in range(strata.max() + 1)]

    def sums(self, columns: Floats) -> Floats:
        """Column sums of each case, shape (cases, c)."""
        sums = np.zeros((self.count, columns.shape[1]))
        np.add.at(sums, self._case, columns)
        return sums

    def weights(self, rng: np.random.Generator, times: int) -> Floats:
        """How often each case is drawn, shape (times, cases)."""
        weights = np.zeros((times, self.count))
        for cases in self.strata:
            weights[:, cases] = _counts(rng, len(cases), times)
        return weights


class Unknown:
    """The unknown case of each resample: of any stratum, and of a weight that is 1 on average.

    For the score of one method this is the posterior of Jeffreys' prior; the weights are those of the
    Bayesian bootstrap (Rubin 1981; Ferguson 1973, a Dirichlet process of concentration 1).
    """

    def __init__(self, cases: Cases, metric: Metric, rng: np.random.Generator, times: int) -> None:
        self._strata, self._extremes, self._rng = cases.strata, metric.extremes, rng
        self._stratum = rng.integers(len(cases.strata), size=times)
        self._weight = rng.exponential(size=(times, 1))

    def answered(self, columns: Floats, share: float = 1.0) -> Floats:
        """What the case adds to a method's column sums, right or wrong; shape (times, c).

        Of the samples, only so many (a share) are in the columns.
        """
        right, wrong = self._extremes(self._means(columns) / share)
        is_right = self._rng.integers(0, 2, self._weight.shape).astype(bool)
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


def _counts(rng: np.random.Generator, n: int, times: int) -> Floats:
    """How often each of n is among n draws; shape (times, n)."""
    drawn = rng.integers(n, size=(times, n)) + n * np.arange(times)[:, None]
    return np.bincount(drawn.ravel(), minlength=times * n).reshape(times, n).astype(float)
