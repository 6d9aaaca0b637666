"""How much each method loses to the best one by truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from advisor.resampling import RESAMPLES, Evidence, Resampled, resample
from advisor.scoring import Floats
from benchmarks.advisorbench.tensors import Part, Tensor


@dataclass(frozen=True, slots=True)
class Truth:
    """Of every method that applies, on the test lines; 0 to 1."""

    scores: Mapping[str, float]
    regret: Mapping[str, float]
    """What the best method that meets the constraints gains on it, freed of the winner's curse."""
    plain_regret: Mapping[str, float]
    """The highest score minus its own; too large on average, for the highest is partly luck."""
    score_error: Mapping[str, float]
    """Standard error of each score: how far other test lines would move it."""
    regret_error: Mapping[str, float]
    """The same of what each method loses to the best."""


def truth_of(tensor: Tensor) -> Truth:
    """Score the deployments and compare them."""
    drawn = resample(evidence(tensor, tensor.test, None), 0, tensor.about.excluded)
    losses = drawn.scores[list(drawn.allowed)].max(axis=0) - drawn.scores

    def named(values: Floats) -> dict[str, float]:
        return dict(zip(drawn.names, values.tolist(), strict=True))

    return Truth(
        scores=named(drawn.observed),
        regret=regrets(drawn),
        plain_regret=named(drawn.observed[drawn.leader] - drawn.observed),
        score_error=named(drawn.scores.std(axis=1)),
        regret_error=named(losses.std(axis=1)),
    )


def evidence(tensor: Tensor, parts: Mapping[str, Part], constant: Part | None) -> Evidence:
    """What is resampled, as the adviser's score sheet has it."""
    first = next(iter(parts.values()))
    return Evidence(
        metric=tensor.metric,
        columns={name: part.columns for name, part in parts.items()},
        groups=first.group.tolist(),
        strata=[str(s) for s in first.stratum] if tensor.about.metric == "macro_f1" else None,
        constant=constant.columns if constant else None,
    )


def regrets(drawn: Resampled) -> dict[str, float]:
    """Loss of each method to the best.

    The best of several test scores is inflated by having been picked on them; here the best is picked on a
    resample of the test lines and compared on the lines that it left out. So the loss of a method that is
    truly the best may fall below zero, and no loss is too large on average.
    """
    allowed, every = list(drawn.allowed), np.arange(RESAMPLES)
    picked = np.array(allowed)[drawn.scores[allowed].argmax(axis=0)]
    compared = drawn.scores if np.isnan(drawn.unseen).all() else drawn.unseen
    losses = np.nanmean(compared[picked, every] - compared, axis=1)
    return dict(zip(drawn.names, losses.tolist(), strict=True))
