"""Which samples are measured and how they are split; the same folds for every method."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from advisor.copies import groups_of
from advisor.counted import counted
from advisor.errors import UseCaseError
from advisor.task import Task
from advisor.use_case import Preset, Sample

FOLDS = 5
MOST_SAMPLES: dict[Preset, int] = {"quick": 200, "standard": 500, "thorough": 2_000}
"""Samples that are scored; all are learned from."""
PROBES = 20
"""Samples that a method answers once more, one at a time, to measure latency."""
LOCKED_FROM, LOCKED_LEAST, LOCKED_SHARE = 200, 64, 0.25
"""From so many samples on, that many of them, or that share where it is more, are kept out of the choice."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Indices into all samples."""

    train: tuple[int, ...]
    test: tuple[int, ...]


def locked_count(samples: int) -> int:
    """How many of so many samples are kept out of the choice, at most."""
    return max(LOCKED_LEAST, ceil(LOCKED_SHARE * samples)) if samples >= LOCKED_FROM else 0


def locked_indices(samples: Sequence[Sample]) -> tuple[int, ...]:
    """Samples that take no part in choosing: whole cases, by the hash of their inputs.

    So they hang neither on the seed nor on the order of the samples.
    """
    groups = groups_of(samples)
    if not (most := locked_count(len(set(groups)))):
        return ()
    members: dict[int, list[int]] = defaultdict(list)
    for i, group in enumerate(groups):
        members[group].append(i)
    mark = {
        group: min(hashlib.sha256(samples[i].input.encode()).hexdigest() for i in every)
        for group, every in members.items()
    }
    found: list[int] = []
    for group in sorted(members, key=lambda group: mark[group]):
        if len(found) + len(members[group]) <= most:
            found += members[group]
    return tuple(sorted(found))


def measured_indices(open_ones: Sequence[int], preset: Preset, seed: int) -> tuple[int, ...]:
    """All samples that are not locked, or a random part of the preset's size, in their given order."""
    most = MOST_SAMPLES[preset]
    if len(open_ones) <= most:
        return tuple(open_ones)
    drawn = np.random.default_rng(seed).choice(len(open_ones), most, replace=False)
    return tuple(open_ones[place] for place in sorted(drawn.tolist()))


def split(
    samples: Sequence[Sample], open_ones: Sequence[int], measured: Sequence[int], task: Task, seed: int
) -> list[Fold]:
    """Stratified folds of the measured samples; copies and near copies stay together.

    Open samples that are not measured are learned from in every fold, as they are by a deployment.

    Raises:
        UseCaseError: too few different inputs among the measured samples.

    """
    # A second to load, which the web process has not.
    from sklearn.model_selection import StratifiedGroupKFold

    strata = _strata(
        [samples[i].output for i in measured] if task.kind == "labels" else ["all"] * len(measured)
    )
    groups = groups_of(samples)
    if (inputs := len({groups[i] for i in measured})) < FOLDS:
        told = f"{counted(inputs, 'different input')} cannot be split {FOLDS} ways: label others"
        raise UseCaseError("samples", told)
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    found = splitter.split(np.zeros(len(measured)), strata, [groups[i] for i in measured])
    # A fold is empty where one input makes up most of the samples.
    tests = [[measured[place] for place in test] for _, test in found if len(test)]
    return [_fold(test, open_ones, groups) for test in tests]


def thinned(fold: Fold, part: int, samples: Sequence[Sample], task: Task, seed: int) -> Fold:
    """The fold with one of `part` samples to learn from, of each label alike; smaller parts lie in larger."""
    order = np.random.default_rng(seed).permutation(fold.train).tolist()
    if task.kind == "labels":
        order.sort(key=lambda i: samples[i].output)
    return Fold(tuple(sorted(order[::part])), fold.test)


def _fold(test: Sequence[int], open_ones: Sequence[int], groups: Sequence[int]) -> Fold:
    """Learns from every open sample of another group than those that it is tested on."""
    asked = {groups[i] for i in test}
    return Fold(tuple(i for i in open_ones if groups[i] not in asked), tuple(test))


def _strata(labels: Sequence[str]) -> list[str]:
    """The labels; those rarer than the folds join the commonest, since they cannot be spread."""
    counts = Counter(labels)
    commonest = counts.most_common(1)[0][0]
    return [label if counts[label] >= FOLDS else commonest for label in labels]
