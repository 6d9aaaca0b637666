"""Train a model from examples, and write what serving loads: an adapter folder or a model folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from finetune import adapter
from finetune.canary import check_changed, check_served
from finetune.card import write_card
from finetune.dataset import Example
from finetune.job import Job
from finetune.progress import write_metrics
from finetune.recipe import Recipe
from finetune.rows import EncodedExample
from finetune.run import run
from finetune.session import Parent, Session, Validation
from finetune.standing import Standing

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
    job = Job(base, examples, recipe, validation, parent, session.activations)
    rows = sorted(job.rows, key=lambda row: not row.is_answer)[:CANARY_ROWS]
    before = job.learner.weights.fit([rows]).loss
    sung: list[Canary] = []
    manifest = run(
        job, out, session, partial(_write, job), lambda part: sung.append(_sing(job, part, rows, before))
    )
    return TrainingReport(out, manifest, sung[0])


def _write(job: Job, standing: Standing, folder: Path, epoch: int | None) -> adapter.Manifest:
    job.learner.save(folder)
    manifest = adapter.Manifest(
        base_name=job.base.name,
        base_hash=job.identity["base"],
        prompt_hash=job.identity["prompts"],
        data_hash=job.identity["data"],
        weights_hash=adapter.weights_hash(folder),
        recipe=job.recipe,
        rows=len(job.rows),
        created=int(time.time()),
        dropped_rows=job.dropped_rows,
        lineage=job.lineage,
        **standing.told(epoch),
    )
    write_metrics(folder, standing.history)
    write_card(folder, manifest)
    adapter.write(folder, manifest)
    return manifest


def _sing(job: Job, folder: Path, rows: Sequence[EncodedExample], before: float) -> Canary:
    """Load what was written as serving does; refuse it if it serves something else than was trained."""
    trained = job.learner.weights.fit([rows]).loss
    served, ended = job.learner.served(folder, rows)
    check_served(trained, served, _REMEDIES.get(job.recipe.method, "Please report this."))
    check_changed(before, trained, served)
    return Canary(before, trained, served, ended)
