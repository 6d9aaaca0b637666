"""Exports in a process of their own, one at a time: the web process never loads a model."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from finetune.exporting import Format
from generation.catalog import Parts
from service.dataset_checks import OUTCOME, read_outcome
from service.errors import JobCrashed, TooBusy, TooLarge
from service.processes.leash import spawn, stop

LIMIT_SECONDS = 1800.0
ARCHIVE = "model.tar"
_turn = Lock()


@dataclass(frozen=True, slots=True)
class ExportTask:
    """What to export."""

    name: str
    """Of the folder in the archive."""
    parts: Parts
    form: Format
    converter: Path | None


def export_apart(task: ExportTask, place: Path) -> BinaryIO:
    """The model as a tar archive that is gone when it is closed; `place` is a folder for this alone.

    Raises:
        TooBusy: another export is going on.
        TooLarge: it takes too long.
        InvalidRequest: the model has no such form, or the server lacks what that takes.
        GenerationError: base or adapter cannot be read.
        JobCrashed: the process died.
    """
    with _alone(place):
        process = spawn("service.processes.model_export", [json.dumps(asdict(task), default=str), str(place)])
        try:
            process.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise TooLarge(
                f"The export took longer than {LIMIT_SECONDS:.0f} s, the limit of this server; "
                "run `trivium export` beside it."
            ) from error
        finally:
            stop(process)
        if not (place / OUTCOME).exists():
            raise JobCrashed(
                "The process of the export died, perhaps for want of memory; run `trivium export` on a "
                "larger machine."
            )
        read_outcome(place / OUTCOME)
        return (place / ARCHIVE).open("rb")


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """An empty folder; what a killed export left there goes first, an open archive lives on without it."""
    if not _turn.acquire(blocking=False):
        raise TooBusy("Another model is being exported; try again soon.")
    try:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        yield
    finally:
        shutil.rmtree(place, ignore_errors=True)
        _turn.release()
