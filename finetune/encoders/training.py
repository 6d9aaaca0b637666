"""Train an encoder on labelled texts or tagged words, and write the folder that serving loads."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

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
from finetune.encoders.serving import OpenEncoder
from finetune.heads import Matrix
from finetune.loop import Loop
from finetune.progress import write_metrics
from finetune.recipe import Recipe
from finetune.session import Session
from finetune.standing import Standing
from finetune.training import checkpoints_of, keeper_of
from generation.fingerprint import folder_hash

CANARY_ROWS = 8


def train_encoder(
    base: Path,
    rows: Sequence[Row],
    out: Path,
    *,
    dials: Recipe | None = None,
    validation: Sequence[Row] | None = None,
    metric: Metric | None = None,
    session: Session | None = None,
) -> EncoderManifest:
    """Train an adapter and a head on an encoder, and write them as a finished folder at `out`.

    With the method "head" the head alone is fitted, in one go: no other dial but the seed counts then.

    The same seed, data and machine give the same weights, also when the training was killed and called
    again with the same arguments and checkpoints.

    Validation rows choose the best epoch by the metric, which is accuracy for labels and entity F1 for
    tags. Where none are given, a share of many rows is held out, and nothing of few.

    Raises:
        DatasetError: rows that cannot be learned.
        RecipeError: the recipe does not fit the encoder.
        TrainingError: the loss is no number, or what was written does not serve what was trained.
        CheckpointError: the checkpoint is damaged, in use, or belongs to another training.
        Cancelled, Paused: `session.control` said so; the last checkpoint is kept.
        ModelUnavailableError: there is no readable encoder at `base`.
    """
    session, dials = session or Session(), dials or recipe.for_rows(len(rows))
    if dials.method == "head":
        return train_head(base, rows, out, seed=dials.seed)
    return _run(job_for(base, rows, dials, validation, metric), out, session)


def job_for(
    base: Path,
    rows: Sequence[Row],
    dials: Recipe,
    validation: Sequence[Row] | None = None,
    metric: Metric | None = None,
) -> EncoderJob:
    """The training before its first step; raises as `train_encoder` does."""
    split = recipe.held_out(rows, dials.seed) if validation is None else Split(tuple(rows), tuple(validation))
    return EncoderJob(base, EncoderData(base, split.training, split.validation), dials, metric)


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
        made = _manifest(base, data, Recipe(method="head", seed=seed), adapter.weights_hash(part))
        folder.write(part, made)
        canary = data.rows[:CANARY_ROWS]
        chances = [head.probabilities(vectors) for vectors in encoder.vectors(canary)]
        check_served(_loss(chances, canary), _served_loss(part, base, made, canary))
    return made


def _run(job: EncoderJob, out: Path, session: Session) -> EncoderManifest:
    base, canary = job.base, job.rows[:CANARY_ROWS]
    before = job.learner.fit([canary]).loss
    with checkpoints_of(job.identity, session) as kept, job.learner.seeded():
        loop = Loop(job, session, kept, keeper_of(session, partial(_write, job)))
        loop.learn()
        best = None if loop.standing.best is None else loop.standing.best + 1
        with adapter.whole_folder(out) as part:
            made = _write(job, loop, part, best)
            trained = job.learner.fit([canary]).loss
            served = _served_loss(part, base, made, canary)
            check_served(trained, served)
            check_changed(before, trained, served)
        if kept:
            kept.clear()
    return made


def _write(job: EncoderJob, loop: Loop, part: Path, epoch: int | None) -> EncoderManifest:
    """Fill the folder with the encoder as it is now: that of an epoch, or the last."""
    job.learner.save(part)
    write_metrics(part, loop.standing.history)
    made = _manifest(job.base, job.data, job.recipe, adapter.weights_hash(part), loop, epoch)
    folder.write(part, made)
    return made


def _manifest(
    base: Path,
    data: EncoderData,
    dials: Recipe,
    weights: str,
    loop: Loop | None = None,
    epoch: int | None = None,
) -> EncoderManifest:
    standing = loop.standing if loop else Standing()
    training = adapter.Manifest(
        base_name=base.name,
        base_hash=folder_hash(base),
        prompt_hash=FORM,
        data_hash=data.data_hash,
        weights_hash=weights,
        recipe=dials,
        rows=len(data.rows),
        steps=standing.step,
        trained_tokens=standing.tokens,
        train_losses=tuple(standing.train_losses),
        validation_losses=tuple(standing.validation_losses),
        seconds=round(standing.seconds, 3),
        created=int(time.time()),
        scores=tuple(standing.scores),
        best_epoch=epoch,
        ending=loop.ending if loop else "finished",
    )
    return EncoderManifest(data.kind, data.names, loop is not None, data.cut, training)


def _served_loss(made: Path, base: Path, manifest: EncoderManifest, rows: Rows) -> float:
    """The loss of the folder, loaded as serving loads it."""
    return _loss(OpenEncoder(made, base, manifest.kind).probabilities(rows), rows)


def _loss(chances: Sequence[Matrix], rows: Rows) -> float:
    """Mean over all answers, in nats."""
    pairs = zip(chances, rows, strict=True)
    said = np.concatenate([one[range(len(row.targets)), row.targets] for one, row in pairs])
    return float(-np.log(np.maximum(said, 1e-30)).mean())
