"""Methods that left the race: what is known of them, by the samples that they answered."""

from __future__ import annotations

import numpy as np

from advisor.measurement import Measurement
from advisor.racing import rounds
from advisor.resampling import Booleans


def answers_of_leavers(measured: Measurement) -> dict[str, tuple[list[str], Booleans]]:
    """Method -> its answers in the order of the samples, and to which of them there is one."""
    found = {}
    numbers = next(iter(measured.tensor.values()))["sample"].to_pylist()
    for name, rows in measured.partly.items():
        said = dict(zip(rows["sample"].to_pylist(), rows["output"].to_pylist(), strict=True))
        found[name] = ([said.get(number, "") for number in numbers], np.isin(numbers, list(said)))
    return found


def looks(measured: Measurement) -> list[Booleans]:
    """The samples that the race had measured at each look."""
    if not measured.raced:
        return []
    fold = np.asarray(next(iter(measured.tensor.values()))["fold"])
    numbers, sizes = np.unique(fold, return_counts=True)
    plan = rounds(sizes.tolist())
    done = [[number for part in plan[:k] for number in part] for k in range(1, len(plan))]
    return [np.isin(fold, numbers[parts]) for parts in done]
