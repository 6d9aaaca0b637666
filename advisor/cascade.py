"""A cascade: a cheap method answers first, and a better one where the first is unsure.

Computed from what both answered already, so that it costs no call (Chen et al. 2023, "FrugalGPT"). Which
methods these are, and how unsure the first must be, is chosen for each fold on the other folds
(docs/decisions/0071-a-cascade-from-the-tensor.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from advisor.scoring import Floats, Metric

CASCADE = "cascade"
FEWEST, MOST = 0.05, 0.8
"""Shares of the samples that are handed on; beyond them it is hardly more than one of its two methods."""
STEPS = 20
"""Shares that are tried."""
ADDED = ("prompt_tokens", "completion_tokens", "seconds")
PARTS = 5
"""The samples are split so where no method was measured in folds."""
Places = npt.NDArray[np.bool_]


class Cascade(BaseModel):
    """Which methods answer in turn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first: str
    second: str
    threshold: float
    """Confidence of the first below which the second one answers."""
    handed_on: float
    """Share of the samples that the second one answered."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """A cascade as it was chosen on some samples."""

    first: str
    second: str
    sure: Floats
    """How sure the first method is of its answer to each sample."""
    threshold: float
    score: float


@dataclass(frozen=True, slots=True)
class Arms:
    """What there is to build a cascade of."""

    tensor: Mapping[str, pa.Table]
    """Simplest method first."""
    columns: Mapping[str, Floats]
    metric: Metric

    def cascade(self) -> tuple[Cascade, pa.Table] | None:
        """A cascade and its rows; None where no method knows how sure it is, or one does nearly all."""
        folds = self._folds()
        every = self._choose(np.ones(len(folds), bool))
        chosen = {fold: self._choose(folds != fold) for fold in np.unique(folds).tolist()}
        pairs = [pair for fold in folds.tolist() if (pair := chosen[fold])]
        if every is None or len(pairs) < len(folds):
            return None
        unsure = np.array([pair.sure[place] < pair.threshold for place, pair in enumerate(pairs)])
        if not FEWEST <= (share := float(unsure.mean())) <= MOST:
            return None
        told = Cascade(first=every.first, second=every.second, threshold=every.threshold, handed_on=share)
        return told, self._rows(pairs, unsure, folds)

    def _choose(self, among: Places) -> _Pair | None:
        """The pair with the highest score on those samples; of equals the simplest."""
        pairs = (self._pair(first, among) for first, rows in self.tensor.items() if _knows(rows))
        return max((pair for pair in pairs if pair), key=lambda pair: pair.score, default=None)

    def _pair(self, first: str, among: Places) -> _Pair | None:
        """With the best other method and threshold, of equals the lowest; None where one does nearly all."""
        value, others = self.metric.value, [name for name in self.columns if name != first]
        if not others:
            return None
        second = max(others, key=lambda name: float(value(self.columns[name][among].sum(axis=0))))
        mine, other = self.columns[first][among], self.columns[second][among]
        sure = confidence(self.tensor[first])
        thresholds = np.unique(np.quantile(sure[among], np.linspace(0, 1, STEPS + 1)))
        asked = sure[among] < thresholds[:, None]
        scores = np.round(value(np.where(asked[..., None], other, mine).sum(axis=1)), 9)
        best = int(np.argmax(scores))
        if not FEWEST <= asked[best].mean() <= MOST:
            return None
        return _Pair(first, second, sure, float(thresholds[best]), float(scores[best]))

    def _folds(self) -> npt.NDArray[np.int64]:
        """Of each sample; methods that learn nothing answered all of them in one."""
        found = [np.asarray(rows["fold"]) for rows in self.tensor.values()]
        most = max(found, key=lambda fold: len(np.unique(fold)))
        return most if len(np.unique(most)) > 1 else np.arange(len(most)) % PARTS

    def _rows(self, pairs: Sequence[_Pair], unsure: Places, folds: npt.NDArray[np.int64]) -> pa.Table:
        """As trials write them; what the two methods took is added up."""
        names = {name for pair in pairs for name in (pair.first, pair.second)}
        tables = {name: self.tensor[name].to_pylist() for name in names}
        waits = {name: self.tensor[name]["latency"].drop_null().to_pylist() for name in names}
        rows = []
        for place, (pair, asked) in enumerate(zip(pairs, unsure, strict=True)):
            both = (pair.first, pair.second)
            mine, other = (tables[name][place] for name in both)
            row = together(mine, other, bool(asked))
            wait = [waits[name][place % len(waits[name])] for name in both[: 1 + asked]]
            unlearned = max(mine["unlearned"], other["unlearned"])
            row |= {"method": CASCADE, "fold": folds[place], "latency": sum(wait), "unlearned": unlearned}
            rows.append(row)
        return pa.Table.from_pylist(rows, next(iter(self.tensor.values())).schema)


def together(first: Mapping[str, Any], second: Mapping[str, Any], is_asked: bool) -> dict[str, Any]:
    """The row of a sample that the first method answers, and the second one where it is asked."""
    spent = {name: first[name] + (second[name] if is_asked else 0) for name in ADDED}
    prepared = first["prepare_seconds"] + second["prepare_seconds"]
    return {**first, **(second if is_asked else {}), **spent, "prepare_seconds": prepared}


def confidence(rows: pa.Table) -> Floats:
    """Of each answer; where none was given, it is not sure of it."""
    return np.asarray(rows["confidence"].fill_null(0.0), np.float64)


def _knows(rows: pa.Table) -> bool:
    return bool(rows["confidence"].null_count < len(rows))
