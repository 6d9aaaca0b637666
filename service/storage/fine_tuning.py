"""What a fine-tuning job was asked, and where its files and models lie."""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.sql.elements import ColumnElement

from generation.adapter_folder import adapter_path
from service.storage.data_dir import DataDir
from service.storage.job import Job
from service.storage.tables import jobs

TRAINING, VALIDATION, REPLAY, GATE, MIXTURE = "training", "validation", "replay", "gate", "mixture-"
"""Names of a job's own copies of files; those of a mixture go on with the file's id."""
CHECKPOINT = ":ckpt-step-"
"""Between the name of a job's model and the step of a checkpoint."""


@dataclass(frozen=True, slots=True)
class FineTuningSpec:
    """Everything that a fine-tuning job follows from, beside the files in its folder."""

    body: dict[str, Any]
    """As it was posted."""
    base: str
    """The model without any adapter."""
    seed: int
    names: dict[str, str]
    """What the client called each file, which tells its format, by the names of the copies."""
    metadata: dict[str, str] | None

    @staticmethod
    def of(job: Job) -> FineTuningSpec:
        """The job's own."""
        return FineTuningSpec(**job.spec)

    def as_dict(self) -> dict[str, Any]:
        """In values that fit into JSON."""
        return asdict(self)


def metadata_is(key: str, value: str) -> ColumnElement[bool]:
    """Jobs that were marked so."""
    same: ColumnElement[bool] = jobs.c.spec["metadata"][key].as_string() == value
    return same


def metadata_is_null() -> ColumnElement[bool]:
    """Jobs without any mark."""
    none: ColumnElement[bool] = jobs.c.spec["metadata"].as_string().is_(None)
    return none


def keep_file(source: Path, folder: Path, name: str) -> None:
    """Let a job have its own copy of an uploaded file, which may be deleted while the job waits."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, folder / name)
    except OSError:
        shutil.copyfile(source, folder / name)


def forget_files(folder: Path) -> None:
    """Remove the copies of a finished job, so that deleting an upload leaves nothing of it."""
    for name in (TRAINING, VALIDATION, REPLAY, GATE, f"{MIXTURE}*"):
        for copy in folder.glob(name):
            copy.unlink(missing_ok=True)


def checkpoint_name(job: Job, step: int) -> str:
    """The name of the model as it was after a step."""
    return f"{job.model_name}{CHECKPOINT}{step}"


def checkpoint_folder(data: DataDir, job: Job, step: int) -> Path:
    """Where that model lies."""
    return adapter_path(data.adapters, checkpoint_name(job, step))
