"""A training from its checkpoint to a finished folder, whatever learns and whatever is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from finetune.adapter import whole_folder
from finetune.checkpoints import CheckpointFolder
from finetune.loop import Loop
from finetune.session import Session
from finetune.standing import Standing
from finetune.trainable import Trainable
from finetune.weights import seeded

Made = TypeVar("Made")
Fill = Callable[[Standing, Path, int | None], Made]
"""Fills a folder with the model as it is now, that of an epoch or the last; gives its manifest."""


def run(job: Trainable, out: Path, session: Session, fill: Fill[Made], check: Callable[[Path], None]) -> Made:
    """Take all steps that are left, and write what was learned, once `check` and the session accept it.

    Raises:
        TrainingError, CheckpointError, Cancelled, Paused: as `train_adapter`.
    """
    with _checkpoints(job.identity, session) as kept, seeded(job.recipe.seed):
        loop = Loop(job, session, kept, _keeper(session, fill))
        loop.learn()
        with whole_folder(out) as part:
            made = fill(loop.standing, part, loop.standing.best_epoch)
            check(part)
            if session.accept:
                session.accept(part)
        if kept:
            kept.clear()
    return made


@contextmanager
def _checkpoints(identity: Mapping[str, Any], session: Session) -> Iterator[CheckpointFolder | None]:
    """The session's checkpoints, held for this training alone; None where it keeps none."""
    if session.checkpoints is None:
        yield None
        return
    kept = CheckpointFolder(session.checkpoints, identity, session.every)
    with kept.held():
        yield kept


def _keeper(session: Session, fill: Fill[Any]) -> Callable[[Standing], None] | None:
    """What hands the model after an epoch to whoever wants to keep it."""
    tell = session.on_epoch
    if tell is None:
        return None

    def hand_over(standing: Standing) -> None:
        told = standing.history[-1]

        def write(folder: Path) -> None:
            with whole_folder(folder) as part:
                fill(standing, part, told.epoch)

        tell(told, write)

    return hand_over
