"""Checks of data sets in a process of their own, which may crash, hang or eat memory, and only it ends."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from pydantic import TypeAdapter

from finetune.data.report import Report
from service.engine.wire import unpack_error
from service.errors import InvalidRequest, TooBusy, TooLarge
from service.processes.leash import spawn, stop

SECONDS = 120.0
PLACES = 2
"""Checks at the same time; more are answered with 429."""
OUTCOME = "outcome.json"
_places = BoundedSemaphore(PLACES)
_report = TypeAdapter(Report)


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read."""

    param: str
    """The field of the request that names it."""
    path: Path
    name: str
    """As the client called it; tells the format, and is never used as a path."""


@dataclass(frozen=True, slots=True)
class Task:
    """What to check."""

    file: Source
    validation: Source | None
    model: Path | None
    """The folder of the model that counts tokens."""
    previews: int


def check_apart(task: Task, folder: Path, seconds: float = SECONDS) -> Report:
    """The report on a data set; `folder` is for the process to write its outcome to.

    Raises:
        InvalidRequest: a file that cannot be read.
        TooLarge: the check takes too long.
        TooBusy: others are being checked.
        GenerationError: the model's tokenizer cannot be used.
    """
    packed = json.dumps(asdict(task), default=str)
    outcome = outcome_apart("service.processes.dataset_check", packed, folder, seconds)
    return _report.validate_python(outcome["report"])


def outcome_apart(module: str, task: str, folder: Path, seconds: float = SECONDS) -> dict[str, Any]:
    """What a process of the module writes to the folder for a task in JSON; raises as `check_apart` does."""
    with _place():
        process = spawn(module, [task, str(folder)], log=None)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise TooLarge(
                f"The check took longer than {seconds:.0f} s, the limit of this server; "
                "send a part of the file, or run `trivium data check` on it."
            ) from error
        finally:
            stop(process, 0)
    return read_outcome(folder / OUTCOME)


@contextmanager
def _place() -> Iterator[None]:
    if not _places.acquire(blocking=False):
        raise TooBusy(f"{PLACES} data sets are being checked, the limit of this server; try again soon.")
    try:
        yield
    finally:
        _places.release()


def read_outcome(path: Path) -> dict[str, Any]:
    """What a process wrote.

    Raises:
        InvalidRequest: it refused, or died.
        GenerationError: the model cannot be used.
    """
    if not path.exists():
        raise InvalidRequest(
            "file: the process that read it died, perhaps for want of memory; send a part of it, or JSONL.",
            "file",
        )
    outcome: dict[str, Any] = json.loads(path.read_text("utf-8"))
    if "param" in outcome:
        raise InvalidRequest(f"{outcome['param']}: {outcome['message']}", outcome["param"])
    if "error" in outcome:
        raise unpack_error(outcome)
    return outcome
