"""Train a LoRA adapter from examples, and write it as a folder that serving loads."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from finetune import adapter, batches
from finetune.dataset import EncodedExample, TrainingExample, data_hash, encode, unique
from finetune.errors import Cancelled, TrainingError
from finetune.learner import Canary, Learner
from finetune.progress import Progress
from finetune.recipe import Recipe
from generation.encoding import prompt_hash
from generation.fingerprint import folder_hash
from generation.prefix import shared_length

WARMUP = 0.1
"""Share of the steps over which the learning rate rises."""
CANARY_ROWS = 4
AGREEMENT = 0.05
"""How far the served loss may lie from the trained one, as a share of it (plus the same in nats)."""

OnStep = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """How a training went."""

    folder: Path
    manifest: adapter.Manifest
    canary: Canary
    stopped_early: bool


def train_adapter(
    base: Path,
    examples: Sequence[TrainingExample],
    recipe: Recipe,
    out: Path,
    *,
    validation: Sequence[TrainingExample] = (),
    on_step: OnStep | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> TrainingReport:
    """Train on the examples and write a finished adapter folder at `out`.

    Repeated rows count once. The same seed, data and machine give the same weights. With
    validation rows the epoch with their lowest loss is kept.

    Raises:
        DatasetError: rows that cannot be trained on.
        TrainingError: the loss is no number, or what was written does not serve what was trained.
        Cancelled: `should_stop` said so; nothing was written.
        ModelUnavailableError: there is no readable model at `base`.
    """
    learner = Learner(base, recipe)
    rows = unique(examples)
    encoded = encode(rows, learner.tokenizer, learner.window)
    aside = encode(validation, learner.tokenizer, learner.window) if validation else []
    recipe = replace(recipe, learning_rate=recipe.peak(learner.width))
    run = _Run(learner, recipe, encoded, aside, on_step, should_stop)
    run.learn()
    with adapter.whole_folder(out) as part:
        learner.save(part)
        manifest = run.manifest(base, data_hash(rows), adapter.weights_hash(part))
        adapter.write(part, manifest)
        canary = _sing(learner, part, encoded[:CANARY_ROWS])
    return TrainingReport(out, manifest, canary, run.stopped_early)


@dataclass
class _Run:
    """The epochs of one training."""

    learner: Learner
    recipe: Recipe
    rows: Sequence[EncodedExample]
    aside: Sequence[EncodedExample]
    on_step: OnStep | None
    should_stop: Callable[[], bool] | None
    step: int = 0
    tokens: int = 0
    train_losses: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)
    stopped_early: bool = False
    began: float = field(default_factory=time.monotonic)

    def learn(self) -> None:
        """All epochs, or fewer when the validation loss no longer falls."""
        budget = self.recipe.batch_tokens
        plan = batches.plan(_own_lengths(self.rows), budget, self.recipe.epochs, self.recipe.seed)
        steps = sum(len(epoch) for epoch in plan)
        best: Any = None
        for number, epoch in enumerate(plan, start=1):
            self._epoch(number, epoch, steps)
            if self.aside and self.validation_losses[-1] <= min(self.validation_losses):
                best = self.learner.snapshot()
            elif self._waited_long():
                self.stopped_early = number < len(plan)
                break
        if best is not None:
            self.learner.restore(best)

    def manifest(self, base: Path, data: str, weights: str) -> adapter.Manifest:
        """What is known once all is learned."""
        return adapter.Manifest(
            base_name=base.name,
            base_hash=folder_hash(base),
            prompt_hash=prompt_hash(self.learner.tokenizer),
            data_hash=data,
            weights_hash=weights,
            recipe=self.recipe,
            rows=len(self.rows),
            steps=self.step,
            trained_tokens=self.tokens,
            train_losses=tuple(self.train_losses),
            validation_losses=tuple(self.validation_losses),
            seconds=round(time.monotonic() - self.began, 3),
            created=int(time.time()),
        )

    def _epoch(self, number: int, epoch: Sequence[Sequence[int]], steps: int) -> None:
        summed = labels = 0.0
        for at, numbers in enumerate(epoch, start=1):
            if self.should_stop and self.should_stop():
                raise Cancelled(f"Training was cancelled before step {self.step + 1}; nothing was written.")
            batch = [self.rows[i] for i in numbers]
            rate = self.recipe.peak(self.learner.width) * _share(self.step, steps)
            loss = self._finite(self.learner.step(batch, rate))
            self.step += 1
            self.tokens += sum(len(row.ids) for row in batch)
            count = sum(row.answer_tokens for row in batch)
            summed, labels = summed + loss * count, labels + count
            validated = self._validate() if at == len(epoch) and self.aside else None
            if self.on_step:
                self.on_step(Progress(self.step, steps, number, loss, rate, self.tokens, validated))
        self.train_losses.append(summed / labels)

    def _validate(self) -> float:
        steps = batches.in_order(_own_lengths(self.aside), self.recipe.batch_tokens)
        loss = self._finite(self.learner.loss([[self.aside[i] for i in step] for step in steps]))
        self.validation_losses.append(loss)
        return loss

    def _finite(self, loss: float) -> float:
        if not math.isfinite(loss):
            raise TrainingError(f"The loss is {loss} at step {self.step + 1}; lower the learning rate.")
        return loss

    def _waited_long(self) -> bool:
        losses = self.validation_losses
        return bool(losses) and len(losses) - 1 - losses.index(min(losses)) >= self.recipe.patience


def _own_lengths(rows: Sequence[EncodedExample]) -> list[int]:
    """Tokens of each row beyond the beginning that all share, which a step computes once."""
    shared = shared_length([row.prompt for row in rows])
    return [len(row.ids) - shared for row in rows]


def _share(step: int, steps: int) -> float:
    """The learning rate's share of its peak: a linear rise, then a cosine down (Loshchilov & Hutter 2017)."""
    rise = max(1, round(WARMUP * steps))
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


def _sing(learner: Learner, folder: Path, rows: Sequence[EncodedExample]) -> Canary:
    """Load what was written as serving does; refuse it if it serves something else than was trained."""
    canary = learner.canary(folder, rows)
    if abs(canary.served_loss - canary.trained_loss) > AGREEMENT * (1 + canary.trained_loss):
        raise TrainingError(
            f"The written adapter has loss {canary.served_loss:.3f} where the trained one had "
            f"{canary.trained_loss:.3f}; it was not written. Please report this."
        )
    if canary.served_loss == canary.base_loss:
        raise TrainingError(
            "The adapter changes nothing; train for more steps or with a higher learning rate."
        )
    return canary
