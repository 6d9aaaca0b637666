"""Train an encoder on labelled texts or tagged words, and write the folder that serving loads."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from finetune import adapter
from finetune.canary import check_changed, check_served
from finetune.data.rows import Row
from finetune.data.splitting import Split
from finetune.encoders import body, folder, recipe
from finetune.encoders.body import Body
from finetune.encoders.folder import FORM, EncoderManifest
from finetune.encoders.job import EncoderData, EncoderJob, Metric
from finetune.encoders.learner import Rows, first_head
from finetune.encoders.rows import Kind
from finetune.encoders.serving import OpenEncoder
from finetune.heads import Matrix
from finetune.progress import write_metrics
from finetune.recipe import Recipe
from finetune.run import run
from finetune.session import Parent, Session
from finetune.standing import Standing
from generation.fingerprint import folder_hash

CANARY_ROWS = 8


def train_encoder(  # noqa: PLR0913 - what is learned, how, from what and by which measure
    base: Path,
    rows: Sequence[Row],
    out: Path,
    *,
    dials: Recipe | None = None,
    validation: Sequence[Row] | None = None,
    metric: Metric | None = None,
    parent: Parent | None = None,
    session: Session | None = None,
) -> EncoderManifest:
    """Train an adapter and a head on an encoder, and write them as a finished folder at `out`.

    With the method "head" the head alone is fitted, in one go: no other dial but the seed counts then.

    The same seed, data and machine give the same weights, also when the training was killed and called
    again with the same arguments and checkpoints.

    Validation rows choose the best epoch by the metric, which is accuracy for labels and entity F1 for
    tags. Where none are given, a share of many rows is held out, and nothing of few.

    With a parent its adapter and its head learn on, in its shape; the head grows by labels that are new.

    Raises:
        DatasetError: rows that cannot be learned, or not by the parent.
        RecipeError: the recipe does not fit the encoder or the parent.
        TrainingError: the loss is no number, or what was written does not serve what was trained.
        CheckpointError: the checkpoint is damaged, in use, or belongs to another training.
        Cancelled, Paused: `session.control` said so; the last checkpoint is kept.
        ModelUnavailableError: there is no readable encoder at `base`, or no finished parent.
        AdapterMismatchError: the parent was made for another base.
    """
    session, dials = session or Session(), dials or recipe.for_rows(len(rows))
    if dials.method == "head" and parent is None:
        return train_head(base, rows, out, seed=dials.seed)
    return _run(job_for(base, rows, dials, validation, metric, parent), out, session)


def job_for(
    base: Path,
    rows: Sequence[Row],
    dials: Recipe,
    validation: Sequence[Row] | None = None,
    metric: Metric | None = None,
    parent: Parent | None = None,
) -> EncoderJob:
    """The training before its first step; raises as `train_encoder` does."""
    split = recipe.held_out(rows, dials.seed) if validation is None else Split(tuple(rows), tuple(validation))
    return EncoderJob(base, split, dials, metric, parent)


def train_head(base: Path, rows: Sequence[Row], out: Path, *, seed: int = 0) -> EncoderManifest:
    """Fit a head alone on the untouched encoder, and write it as a finished folder at `out`.

    Raises:
        DatasetError: rows that cannot be learned.
        TrainingError: what was written does not serve what was fitted.
        ModelUnavailableError: there is no readable encoder at `base`.
    """
    data, encoder = EncoderData(base, rows, ()), Body(body.load(base))
    head = first_head(encoder, data.names, data.rows, seed)
    with adapter.whole_folder(out) as part:
        head.save(part)
        write_metrics(part, ())
        made = _describe(part, base, data, Recipe(method="head", seed=seed), Standing().told(None))
        canary = data.rows[:CANARY_ROWS]
        chances = [head.probabilities(vectors) for vectors in encoder.vectors(canary)]
        check_served(_loss(chances, canary), _served_loss(part, base, data.kind, canary))
    return made


def _run(job: EncoderJob, out: Path, session: Session) -> EncoderManifest:
    canary, weights = job.rows[:CANARY_ROWS], job.learner.weights
    before = weights.fit([canary]).loss

    def check(part: Path) -> None:
        trained, served = weights.fit([canary]).loss, _served_loss(part, job.base, job.data.kind, canary)
        check_served(trained, served)
        check_changed(before, trained, served)

    return run(job, out, session, partial(_write, job), check)


def _write(job: EncoderJob, standing: Standing, part: Path, epoch: int | None) -> EncoderManifest:
    job.learner.save(part)
    write_metrics(part, standing.history)
    told = {**standing.told(epoch), "lineage": job.lineage}
    return _describe(part, job.base, job.data, job.recipe, told)


def _describe(
    part: Path, base: Path, data: EncoderData, dials: Recipe, told: Mapping[str, Any]
) -> EncoderManifest:
    """Write what is known of the encoder beside its weights, which makes the folder a finished one."""
    training = adapter.Manifest(
        base_name=base.name,
        base_hash=folder_hash(base),
        prompt_hash=FORM,
        data_hash=data.data_hash,
        weights_hash=adapter.weights_hash(part),
        recipe=dials,
        rows=len(data.rows),
        created=int(time.time()),
        **told,
    )
    made = EncoderManifest(data.kind, data.names, dials.method != "head", data.cut, training)
    folder.write(part, made)
    return made


def _served_loss(made: Path, base: Path, kind: Kind, rows: Rows) -> float:
    """The loss of the folder, loaded as serving loads it."""
    return _loss(OpenEncoder(made, base, kind).probabilities(rows), rows)


def _loss(chances: Sequence[Matrix], rows: Rows) -> float:
    """Mean over all answers, in nats."""
    pairs = zip(chances, rows, strict=True)
    said = np.concatenate([one[range(len(row.targets)), row.targets] for one, row in pairs])
    return float(-np.log(np.maximum(said, 1e-30)).mean())
