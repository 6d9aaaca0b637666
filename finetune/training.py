"""Train a model from examples, and write what serving loads: an adapter folder or a model folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from finetune import adapter
from finetune.canary import check_changed, check_served
from finetune.card import write_card
from finetune.checkpoints import CheckpointFolder
from finetune.dataset import Example
from finetune.job import Job, identity_fields
from finetune.loop import Loop
from finetune.progress import write_metrics
from finetune.recipe import Recipe
from finetune.rows import EncodedExample
from finetune.session import Parent, Session, Validation

CANARY_ROWS = 4
_REMEDIES = {
    "qlora": "It is served on the whole base, and 4 bits make too much of a difference; choose lora."
}


@dataclass(frozen=True, slots=True)
class Canary:
    """What the finished training does when it is loaded as serving loads it."""

    base_loss: float
    """The loss before the training, on the rows of the canary."""
    trained_loss: float
    """The loss of the model that was trained, on the same rows."""
    served_loss: float
    """The loss of the folder that was written, on the same rows."""
    ended: bool | None
    """Whether the answer to the first of these rows came to its end of turn; None for plain text."""


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """How a training went."""

    folder: Path
    manifest: adapter.Manifest
    canary: Canary

    @property
    def stopped_early(self) -> bool:
        """Whether it ended before its last epoch."""
        return self.manifest.ending != "finished"


def train_adapter(
    base: Path,
    examples: Sequence[Example],
    recipe: Recipe,
    out: Path,
    *,
    validation: Validation | None = None,
    parent: Parent | None = None,
    session: Session | None = None,
) -> TrainingReport:
    """Train on the examples and write a finished adapter folder at `out`; with method "full" a model folder.

    Repeated rows count once. The same seed, data and machine give the same weights, also when the
    training was killed and called again with the same arguments and checkpoints. With validation
    rows the best epoch is kept.

    Raises:
        DatasetError: rows that cannot be trained on.
        RecipeError: the recipe does not fit the base or the parent.
        TrainingError: the loss is no number, or what was written does not serve what was trained.
        CheckpointError: the checkpoint is damaged, in use, or belongs to another training.
        Cancelled, Paused: `session.control` said so; the last checkpoint is kept.
        ModelUnavailableError: there is no readable model at `base`, or no finished parent.
        AdapterMismatchError: the parent was made for another base or other prompts.
    """
    session = session or Session()
    return _run(Job(base, examples, recipe, validation, parent, session.activations), out, session)


def _run(job: Job, out: Path, session: Session) -> TrainingReport:
    rows = sorted(job.rows, key=lambda row: not row.is_answer)[:CANARY_ROWS]
    before = job.learner.fit([rows]).loss
    with checkpoints_of(identity_fields(job.identity), session) as kept, job.learner.seeded():
        loop = Loop(job, session, kept, keeper_of(session, partial(_write, job)))
        loop.learn()
        best = None if loop.standing.best is None else loop.standing.best + 1
        with adapter.whole_folder(out) as part:
            manifest = _write(job, loop, part, best)
            canary = _sing(job, part, rows, before)
            if session.accept:
                session.accept(part)
        if kept:
            kept.clear()
    return TrainingReport(out, manifest, canary)


@contextmanager
def checkpoints_of(identity: Mapping[str, Any], session: Session) -> Iterator[CheckpointFolder | None]:
    """The session's checkpoints, held for this training alone; None where it keeps none."""
    if session.checkpoints is None:
        yield None
        return
    kept = CheckpointFolder(session.checkpoints, identity, session.every)
    with kept.held():
        yield kept


def keeper_of(session: Session, fill: Callable[[Loop, Path, int], object]) -> Callable[[Loop], None] | None:
    """What hands the model after an epoch to whoever wants to keep it; `fill` writes it into a folder."""
    tell = session.on_epoch
    if tell is None:
        return None

    def hand_over(loop: Loop) -> None:
        told = loop.standing.history[-1]

        def write(folder: Path) -> None:
            with adapter.whole_folder(folder) as part:
                fill(loop, part, told.epoch)

        tell(told, write)

    return hand_over


def _write(job: Job, loop: Loop, folder: Path, epoch: int | None) -> adapter.Manifest:
    """Fill the folder with the model as it is now: that of an epoch, or the last."""
    job.learner.save(folder)
    manifest = _manifest(job, loop, adapter.weights_hash(folder), epoch)
    write_metrics(folder, loop.standing.history)
    write_card(folder, manifest)
    adapter.write(folder, manifest)
    return manifest


def _manifest(job: Job, loop: Loop, weights: str, epoch: int | None) -> adapter.Manifest:
    standing = loop.standing
    return adapter.Manifest(
        base_name=job.base.name,
        base_hash=job.identity.base,
        prompt_hash=job.identity.prompts,
        data_hash=job.identity.data,
        weights_hash=weights,
        recipe=job.recipe,
        rows=len(job.rows),
        steps=standing.step,
        trained_tokens=standing.tokens,
        train_losses=tuple(standing.train_losses),
        validation_losses=tuple(standing.validation_losses),
        seconds=round(standing.seconds, 3),
        created=int(time.time()),
        dropped_rows=job.dropped_rows,
        scores=tuple(standing.scores),
        best_epoch=epoch,
        ending=loop.ending,
        lineage=job.identity.parents,
    )


def _sing(job: Job, folder: Path, rows: Sequence[EncodedExample], before: float) -> Canary:
    """Load what was written as serving does; refuse it if it serves something else than was trained."""
    trained = job.learner.fit([rows]).loss
    served, ended = job.learner.served(folder, rows)
    check_served(trained, served, _REMEDIES.get(job.recipe.method, "Please report this."))
    check_changed(before, trained, served)
    return Canary(before, trained, served, ended)
