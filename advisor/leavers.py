"""Methods that left the race: what is known of them, by the samples that they answered."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from advisor.measurement import Measurement
from advisor.racing import rounds
from advisor.resampling import Booleans
from advisor.scoring import Floats, Metric


def answers_of_leavers(measured: Measurement) -> dict[str, tuple[list[str], Booleans]]:
    """Method -> its answers in the order of the samples, and to which of them there is one."""
    found = {}
    numbers = next(iter(measured.tensor.values()))["sample"].to_pylist()
    for name, rows in measured.partly.items():
        said = dict(zip(rows["sample"].to_pylist(), rows["output"].to_pylist(), strict=True))
        found[name] = ([said.get(number, "") for number in numbers], np.isin(numbers, list(said)))
    return found


def scores_of_all(
    columns: Mapping[str, Floats], seen: Mapping[str, Booleans], metric: Metric
) -> dict[str, float]:
    """Of a leaver it is the lead over the best one where both answered, on top of that one's score."""
    value = metric.value
    scores = {name: float(value(c.sum(axis=0))) for name, c in columns.items() if name not in seen}
    best = max(scores, key=lambda name: scores[name])
    for name, mask in seen.items():
        lead = value(columns[name].sum(axis=0)) - value((columns[best] * mask[:, None]).sum(axis=0))
        scores[name] = float(np.clip(lead + scores[best], 0, 1))
    return scores


def looks(measured: Measurement) -> list[Booleans]:
    """The samples that the race had measured at each look."""
    if not measured.raced:
        return []
    fold = np.asarray(next(iter(measured.tensor.values()))["fold"])
    numbers, sizes = np.unique(fold, return_counts=True)
    plan = rounds(sizes.tolist())
    done = [[number for part in plan[:k] for number in part] for k in range(1, len(plan))]
    return [np.isin(fold, numbers[parts]) for parts in done]
