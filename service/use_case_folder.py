"""The use case in a job's folder: written by the web process, read by the job."""

from __future__ import annotations

import os
from pathlib import Path

from advisor.use_case import UseCase

NAME = "use_case.json"


def keep_use_case(folder: Path, text: str) -> None:
    """Write it, whole or not at all."""
    folder.mkdir(parents=True)
    draft = folder / f".{NAME}"
    with draft.open("w", encoding="utf-8") as sink:
        sink.write(text)
        sink.flush()
        os.fsync(sink.fileno())
    draft.replace(folder / NAME)


def read_use_case(folder: Path) -> UseCase:
    """Read it back."""
    return UseCase.model_validate_json((folder / NAME).read_text("utf-8"))
