"""A cascade: a cheap method answers first, and a better one where the first is unsure.

Computed from what both answered already, so that it costs no call (Chen et al. 2023, "FrugalGPT"). Which
method comes second, and how unsure the first must be, is chosen for each fold on the other folds
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
class Arms:
    """What there is to build a cascade of."""

    tensor: Mapping[str, pa.Table]
    """Simplest method first."""
    columns: Mapping[str, Floats]
    metric: Metric

    def cascade(self) -> tuple[Cascade, pa.Table] | None:
        """A cascade and its rows; None where no method knows how sure it is, or one does nearly all."""
        first = next((name for name, rows in self.tensor.items() if _knows(rows)), None)
        if first is None or len(self.tensor) == 1:
            return None
        sure = confidence(self.tensor[first])
        folds, seconds, unsure = self._folds(), [""] * len(sure), np.zeros(len(sure), bool)
        for fold in np.unique(folds):
            second, threshold = self._choose(first, sure, folds != fold)
            for place in np.flatnonzero(folds == fold):
                seconds[place], unsure[place] = second, sure[place] < threshold
        if not FEWEST <= (share := float(unsure.mean())) <= MOST:
            return None
        second, threshold = self._choose(first, sure, np.ones(len(sure), bool))
        rows = self._rows(first, seconds, unsure, folds)
        return Cascade(first=first, second=second, threshold=threshold, handed_on=share), rows

    def _choose(self, first: str, sure: Floats, among: Places) -> tuple[str, float]:
        """The best other method, and the threshold with the highest score; of equals the lowest."""
        value, others = self.metric.value, [name for name in self.columns if name != first]
        second = max(others, key=lambda name: float(value(self.columns[name][among].sum(axis=0))))
        mine, other = self.columns[first][among], self.columns[second][among]
        thresholds = np.unique(np.quantile(sure[among], np.linspace(0, 1, STEPS + 1)))
        asked = sure[among][None, :, None] < thresholds[:, None, None]
        scores = value(np.where(asked, other[None], mine[None]).sum(axis=1))
        return second, float(thresholds[int(np.argmax(np.round(scores, 9)))])

    def _folds(self) -> npt.NDArray[np.int64]:
        """Of each sample; methods that learn nothing answered all of them in one."""
        found = [np.asarray(rows["fold"]) for rows in self.tensor.values()]
        most = max(found, key=lambda fold: len(np.unique(fold)))
        return most if len(np.unique(most)) > 1 else np.arange(len(most)) % PARTS

    def _rows(
        self, first: str, seconds: Sequence[str], unsure: Places, folds: npt.NDArray[np.int64]
    ) -> pa.Table:
        """As trials write them; what the two methods took is added up."""
        tables = {name: self.tensor[name].to_pylist() for name in {first, *seconds}}
        waits = {name: self.tensor[name]["latency"].drop_null().to_pylist() for name in tables}
        rows = []
        for place, (second, asked) in enumerate(zip(seconds, unsure, strict=True)):
            row = together(tables[first][place], tables[second][place], bool(asked))
            wait = [
                waits[name][place % len(waits[name])] for name in ((first, second) if asked else (first,))
            ]
            unlearned = max(tables[name][place]["unlearned"] for name in (first, second))
            row |= {"method": CASCADE, "fold": folds[place], "latency": sum(wait), "unlearned": unlearned}
            rows.append(row)
        return pa.Table.from_pylist(rows, self.tensor[first].schema)


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
