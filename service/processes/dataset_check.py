"""The process of one check of a data set; it writes its outcome into a folder and ends."""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from finetune.data.checking import check_dataset
from finetune.data.dataset import Dataset, read_dataset
from finetune.data.errors import UnreadableDataError
from finetune.data.tokens import Encoder
from generation.errors import GenerationError
from service.dataset_checks import OUTCOME
from service.engine.wire import pack_error
from service.processes.leash import hold

NICENESS = 5
"""Checking must not slow down the web process."""
MEMORY = 8 << 30
"""Bytes of address space; small files can unpack to very large ones."""


class RefusedError(Exception):
    """A file or a dial that cannot be used, with the field that named it."""

    def __init__(self, param: str, message: str) -> None:
        super().__init__(message)
        self.param = param


def main(task: dict[str, Any], folder: Path) -> None:
    """Check what the task names and write the report, or why there is none."""
    write_outcome(folder, lambda: {"report": _report(task)})


def write_outcome(folder: Path, work: Callable[[], dict[str, Any]]) -> None:
    """Write what the work gives, or why it gives nothing."""
    try:
        outcome = work()
    except RefusedError as error:
        outcome = {"param": error.param, "message": str(error)}
    except GenerationError as error:
        outcome = pack_error(error)
    partial = folder / "outcome.partial"
    partial.write_text(json.dumps(outcome), "utf-8")
    partial.replace(folder / OUTCOME)


def _report(task: dict[str, Any]) -> dict[str, Any]:
    data = _read(task["file"])
    validation = _read(task["validation"]) if task["validation"] else None
    encoder = _encoder(Path(task["model"])) if task["model"] else None
    return asdict(check_dataset(data, validation, encoder, task["previews"]))


def _read(source: dict[str, str]) -> Dataset:
    try:
        return read_dataset(Path(source["path"]), source["name"])
    except UnreadableDataError as error:
        raise RefusedError(source["param"], str(error)) from error


def _encoder(folder: Path) -> Encoder:
    from finetune.data.encoders import load_encoder

    return load_encoder(folder)


def settle() -> None:
    """Be light on the others: on a leash, niced, with bounded memory."""
    hold()
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    settle()
    main(json.loads(sys.argv[1]), Path(sys.argv[2]))
