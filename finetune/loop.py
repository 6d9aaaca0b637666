"""The steps of a training, resumable after each; it ends early by patience, a wish, or a loss gone wrong."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from finetune.batches import Step
from finetune.checkpoints import Checkpoint, CheckpointFolder
from finetune.errors import Cancelled, Diverged, Paused, TrainingError
from finetune.progress import Progress
from finetune.session import Session, Wish
from finetune.standing import Standing
from finetune.trainable import Trainable
from finetune.weights import Fit, Tensors

WARMUP = 0.1
"""Share of the steps over which the learning rate rises."""
_BEST = "best/"


@dataclass
class Loop:
    """One training, from its first step or from where its checkpoint stands."""

    job: Trainable
    session: Session
    kept: CheckpointFolder | None = None
    on_epoch: Callable[[Standing], None] | None = None
    """Called after the last step of each epoch."""
    standing: Standing = field(default_factory=Standing)
    _best: Tensors = field(default_factory=dict)

    def learn(self) -> None:
        """All steps that are left; the learner then has the weights of the best epoch.

        Raises:
            Cancelled, Paused: `session.control` said so.
            Diverged: the loss is no number, and no epoch before it was validated.
        """
        self._resume()
        while self.standing.ending == "finished" and self.standing.step < len(self.job.plan):
            self._heed_wishes()
            try:
                self._advance(self.job.plan[self.standing.step])
            except Diverged as error:
                self._diverged(error)
                break
            if self.kept and self.kept.is_due:
                self._keep()
        if self._best:
            self.job.learner.weights.restore(self._best)

    def _advance(self, step: Step) -> None:
        began, standing = time.monotonic(), self.standing
        rows = [[self.job.rows[i] for i in numbers] for numbers in step.batches]
        rate = self.job.recipe.peak(self.job.learner.width) * rate_share(standing.step, len(self.job.plan))
        fit = self.job.learner.weights.step(rows, rate)
        standing.tokens += sum(len(row.ids) for batch in rows for row in batch)
        standing.summed += fit.loss * fit.tokens
        standing.labels += fit.tokens
        valid = self._end_epoch() if step.ends_epoch else None
        standing.seconds += time.monotonic() - began
        self._tell(step, fit, rate, valid)
        if step.ends_epoch and self.on_epoch:
            self.on_epoch(standing)

    def _end_epoch(self) -> Fit | None:
        standing = self.standing
        valid = self._validate()
        standing.train_losses.append(standing.summed / standing.labels)
        standing.summed, standing.labels = 0.0, 0
        if valid is None:
            return None
        standing.validation_losses.append(valid.loss)
        if standing.epochs_since_best == 0:
            self._best = self.job.learner.weights.snapshot()
        elif standing.epochs_since_best >= self.job.recipe.patience and not self._is_last():
            standing.ending = "patience"
        return valid

    def _is_last(self) -> bool:
        return self.standing.step + 1 == len(self.job.plan)

    def _validate(self) -> Fit | None:
        if not self.job.aside:
            return None
        valid = self.job.learner.weights.fit(self.job.aside_batches)
        if not math.isfinite(valid.loss):
            raise Diverged(f"The validation loss is {valid.loss}.")
        if self.job.judge:
            score = self.job.judge(self.job.learner.answers(self.job.aside))
            self.standing.scores.append(_finite(score))
        return valid

    def _tell(self, step: Step, fit: Fit, rate: float, valid: Fit | None) -> None:
        standing = self.standing
        told = Progress(
            step=standing.step + 1,
            steps=len(self.job.plan),
            epoch=step.epoch,
            loss=fit.loss,
            accuracy=fit.accuracy,
            learning_rate=rate,
            trained_tokens=standing.tokens,
            validation_loss=valid.loss if valid else None,
            validation_accuracy=valid.accuracy if valid else None,
            score=standing.scores[-1] if valid and standing.scores else None,
        )
        standing.history.append(told)
        if self.session.on_step:
            self.session.on_step(told)

    def _heed_wishes(self) -> None:
        wish = self.session.control.wish() if self.session.control else Wish.GO_ON
        if wish is Wish.GO_ON:
            return
        if self.kept:
            self._keep()
        done = f"after {self.standing.step} of {len(self.job.plan)} steps"
        left = "its checkpoint is kept" if self.kept else "nothing was kept"
        if wish is Wish.PAUSE:
            raise Paused(f"Training was paused {done}; {left}.")
        raise Cancelled(f"Training was cancelled {done}; {left}.")

    def _diverged(self, error: Diverged) -> None:
        if not self._best:
            at = f"at step {self.standing.step + 1} of {len(self.job.plan)}"
            raise Diverged(f"{error} That was {at}; lower the learning rate.") from error
        self.standing.ending = "diverged"

    def _keep(self) -> None:
        if self.kept:
            best = {_BEST + name: weight for name, weight in self._best.items()}
            self.kept.save(Checkpoint(self.standing.as_dict(), {**self.job.learner.weights.state(), **best}))

    def _resume(self) -> None:
        last = self.kept.load() if self.kept else None
        if last is None:
            return
        self.standing = Standing.from_dict(last.state)
        self._best = {n.removeprefix(_BEST): t for n, t in last.tensors.items() if n.startswith(_BEST)}
        self.job.learner.weights.load_state(last.tensors)


def _finite(score: float) -> float:
    if not math.isfinite(score):
        raise TrainingError(f"The judge gave {score}; it must give a number.")
    return float(score)


def rate_share(step: int, steps: int) -> float:
    """The learning rate's share of its peak: a linear rise, then a cosine down (Loshchilov & Hutter 2017)."""
    rise = max(1, round(WARMUP * steps))
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))
