"""What a training will cost, from a few of its own steps: asked before it starts."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from finetune.dataset import Example
from finetune.job import Job
from finetune.recipe import Recipe
from finetune.rows import EncodedExample
from finetune.session import Parent, Validation
from generation.prefix import shared_length

FORWARD_SHARE = 1 / 3
"""A loss without learning, as a share of a step: one of the three products of a layer (forward, two back)."""
ANSWERED_ROWS = 4


@dataclass(frozen=True, slots=True)
class Estimate:
    """A training that runs to its last epoch; early stopping makes it cheaper."""

    rows: int
    steps: int
    tokens: int
    """That are read, prompts included, by all epochs together."""
    labels: int
    """That are learned, by all epochs together."""
    seconds: float
    peak_bytes: int
    """The most memory that this process held, and a second copy of the base for the last check."""
    device_bytes: int
    """The same on the GPU; 0 without one."""


@dataclass(frozen=True, slots=True)
class _Cost:
    """Seconds of a batch: a fixed part, and one for each token that it computes."""

    fixed: float
    per_token: float

    def of(self, tokens: int) -> float:
        return self.fixed + self.per_token * tokens


def estimate(
    base: Path,
    examples: Sequence[Example],
    recipe: Recipe,
    *,
    validation: Validation | None = None,
    parent: Parent | None = None,
) -> Estimate:
    """Load the base, learn from its longest and its shortest batch, and forget it all.

    Call it in a fresh process where `peak_bytes` matters: memory that was held before counts too.

    Raises:
        DatasetError, RecipeError, ModelUnavailableError, AdapterMismatchError: as `train_adapter` does.
    """
    began = time.perf_counter()
    job = Job(base, examples, recipe, validation, parent)
    loading = time.perf_counter() - began
    cost = _probe(job)
    learning = sum(cost.of(_computed(job.batch(b))) for step in job.plan for b in step.batches)
    epochs = job.recipe.epochs
    return Estimate(
        rows=len(job.rows),
        steps=len(job.plan),
        tokens=epochs * sum(len(row.ids) for row in job.rows),
        labels=epochs * sum(row.answer_tokens for row in job.rows),
        seconds=2 * loading + learning + epochs * _validating(job, cost),
        peak_bytes=_peak_bytes() + job.learner.base_bytes,
        device_bytes=job.learner.device_bytes(),
    )


def _probe(job: Job) -> _Cost:
    every = [job.batch(numbers) for step in job.plan for numbers in step.batches]
    longest, shortest = max(every, key=_computed), min(every, key=_computed)
    _timed(lambda: job.learner.step([longest], 0.0))
    long = _timed(lambda: job.learner.step([longest], 0.0))
    short = _timed(lambda: job.learner.step([shortest], 0.0))
    tokens = _computed(longest) - _computed(shortest)
    per_token = max(0.0, long - short) / tokens if tokens else long / _computed(longest)
    return _Cost(max(0.0, long - per_token * _computed(longest)), per_token)


def _validating(job: Job, cost: _Cost) -> float:
    """Seconds of one validation."""
    losses = FORWARD_SHARE * sum(cost.of(_computed(batch)) for batch in job.validation_batches())
    if not job.judge:
        return losses
    few = job.aside[:ANSWERED_ROWS]
    answers = _timed(lambda: job.learner.answers(few))
    return losses + answers * len(job.aside) / len(few)


def _computed(rows: Sequence[EncodedExample]) -> int:
    """Tokens that a batch computes: the common beginning once, padding included."""
    shared = shared_length([row.prompt for row in rows])
    return shared + len(rows) * (max(len(row.ids) for row in rows) - shared)


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _peak_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
