"""What a training will cost, from a few of its own steps: asked before it starts."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from finetune.backends.port import Order
from finetune.batches import Step
from finetune.dataset import encode
from finetune.gate import OldTask
from finetune.job import Job
from finetune.rows import EncodedExample
from finetune.session import Parent
from finetune.trainable import Learning, Trainable
from finetune.weights import Rows, device_peak
from generation.prefix import shared_length

if TYPE_CHECKING:
    from finetune.encoders.job import EncoderJob

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

    @property
    def sentence(self) -> str:
        """What is told to people."""
        on_device = f" and {_mib(self.device_bytes)} on the GPU" if self.device_bytes else ""
        return (
            f"about {max(1, round(self.seconds)):,} s, {_mib(self.peak_bytes)} of memory{on_device}, "
            f"{self.tokens:,} tokens in {self.steps:,} steps"
        )


@dataclass(frozen=True, slots=True)
class _Cost:
    """Seconds of a batch: a fixed part, and one for each token that it computes."""

    fixed: float
    per_token: float

    def of(self, tokens: int) -> float:
        return self.fixed + self.per_token * tokens


def estimate(base: Path, order: Order, adapter: Path | None = None) -> Estimate:
    """Load the base, learn from its longest and its shortest batch, and forget it all.

    Call it in a fresh process where `peak_bytes` matters: memory that was held before counts too.

    Raises:
        DatasetError, RecipeError, ModelUnavailableError, AdapterMismatchError: as the training does.
    """
    began = time.perf_counter()
    job = _job(base, order, adapter)
    loading = time.perf_counter() - began
    cost = _probe(job)
    # A head is fitted while it is loaded, in no steps.
    plan = () if order.recipe.method == "head" else job.plan
    epochs = job.recipe.epochs if plan else 1
    learning = sum(cost.of(_computed(b)) for b in _batches(job, plan))
    validating = epochs * _validating(job, cost) if plan else 0.0
    peak, held = job.learner.base_bytes, device_peak()
    return Estimate(
        rows=len(job.rows),
        steps=len(plan),
        tokens=epochs * sum(len(row.ids) for row in job.rows),
        labels=epochs * sum(row.answer_tokens for row in job.rows),
        seconds=2 * loading + learning + validating + _gating(job, order.gate, loading),
        peak_bytes=_peak_bytes() + peak,
        device_bytes=held + peak if held else 0,
    )


def _job(base: Path, order: Order, adapter: Path | None) -> Job | EncoderJob:
    parent = Parent(adapter, order.mode) if adapter else None
    if order.labelled is None:
        return Job(base, order.examples, order.recipe, order.aside, parent)
    # Loaded only now: few trainings are of this kind.
    from finetune.encoders.training import job_for

    return job_for(base, order.labelled.rows, order.recipe, order.labelled.aside, parent=parent)


def _probe(job: Job | EncoderJob) -> _Cost:
    every = _batches(job, job.plan)
    longest, shortest = max(every, key=_computed), min(every, key=_computed)
    _timed(lambda: job.learner.weights.step([longest], 0.0))
    long = _timed(lambda: job.learner.weights.step([longest], 0.0))
    short = _timed(lambda: job.learner.weights.step([shortest], 0.0))
    tokens = _computed(longest) - _computed(shortest)
    per_token = max(0.0, long - short) / tokens if tokens else long / _computed(longest)
    return _Cost(max(0.0, long - per_token * _computed(longest)), per_token)


def _batches(job: Trainable, plan: Sequence[Step]) -> list[Rows]:
    return [[job.rows[i] for i in numbers] for step in plan for numbers in step.batches]


def _validating(job: Job | EncoderJob, cost: _Cost) -> float:
    """Seconds of one validation."""
    losses = FORWARD_SHARE * sum(cost.of(_computed(batch)) for batch in job.aside_batches)
    return losses + (_answering(job.learner, job.aside) if job.judge else 0.0)


def _gating(job: Job | EncoderJob, task: OldTask | None, loading: float) -> float:
    """Seconds of a gate: the model before and the model after are loaded and asked."""
    if task is None or not isinstance(job, Job):
        return 0.0
    rows = encode(task.rows, job.learner.tokenizer, job.learner.window)
    return 2 * (loading + _answering(job.learner, rows))


def _answering(learner: Learning, rows: Rows) -> float:
    """Seconds of all answers, from those to a few rows."""
    few = rows[:ANSWERED_ROWS]
    return _timed(lambda: learner.answers(few)) * len(rows) / len(few)


def _computed(rows: Rows) -> int:
    """Tokens that a batch computes: a common beginning of prompts once, padding included."""
    shared = shared_length([row.prompt for row in rows]) if isinstance(rows[0], EncodedExample) else 0
    return shared + len(rows) * (max(len(row.ids) for row in rows) - shared)


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _mib(size: int) -> str:
    return f"{size / 2**20:,.0f} MiB"


def _peak_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
