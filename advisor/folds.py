"""Which samples are measured and how they are split; the same folds for every method."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from advisor.scoring import normalise
from advisor.task import Task
from advisor.use_case import Preset, Sample

FOLDS = 5
MOST_SAMPLES: dict[Preset, int] = {"quick": 100, "standard": 200, "thorough": 2_000}


@dataclass(frozen=True, slots=True)
class Fold:
    """Indices into the measured samples."""

    train: tuple[int, ...]
    test: tuple[int, ...]


def measured_samples(samples: Sequence[Sample], preset: Preset, seed: int) -> tuple[Sample, ...]:
    """All samples, or a random part of the preset's size, in their given order."""
    most = MOST_SAMPLES[preset]
    if len(samples) <= most:
        return tuple(samples)
    drawn = np.random.default_rng(seed).choice(len(samples), most, replace=False)
    return tuple(samples[i] for i in sorted(drawn))


def split(samples: Sequence[Sample], task: Task, seed: int) -> list[Fold]:
    """Stratified folds; samples with the same normal form of the input stay together."""
    from sklearn.model_selection import (
        StratifiedGroupKFold,
    )  # a second to load, which the web process has not

    strata = _strata([s.output for s in samples]) if task.kind == "labels" else ["all"] * len(samples)
    groups = [normalise(s.input) or s.input for s in samples]
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    found = splitter.split(np.zeros(len(samples)), strata, groups)
    return [Fold(tuple(map(int, train)), tuple(map(int, test))) for train, test in found]


def _strata(labels: Sequence[str]) -> list[str]:
    """The labels; those rarer than the folds join the commonest, since they cannot be spread."""
    counts = Counter(labels)
    commonest = counts.most_common(1)[0][0]
    return [label if counts[label] >= FOLDS else commonest for label in labels]
