"""The uploaded files that a training names, and a job's own copies of them."""

from __future__ import annotations

from pathlib import Path

from service.errors import InvalidRequest
from service.lookups import find_file
from service.resources import Resources
from service.schemas.fine_tuning_body import TrainingBody
from service.storage.files import StoredFile
from service.storage.fine_tuning import GATE, MIXTURE, REPLAY, TRAINING, VALIDATION, keep_file

PURPOSE = "fine-tune"
JobFiles = dict[str, StoredFile]
"""By the names of the copies."""


def files_of(here: Resources, body: TrainingBody) -> JobFiles:
    """The files that a body names.

    Raises:
        InvalidRequest: uploaded for something else, or one for both learning and measuring.
        NotFound: there is no such file.
    """
    files = {TRAINING: find_training_file(here, body.training_file, "training_file")}
    for file_id in body.mixture or ():
        if file_id != body.training_file:
            files[MIXTURE + file_id] = find_training_file(here, file_id, "mixture")
    if body.validation_file is not None:
        files[VALIDATION] = find_training_file(here, body.validation_file, "validation_file")
        _check_differs(files, VALIDATION, "validation_file")
    if body.replay is not None:
        files[REPLAY] = find_training_file(here, body.replay.file, "replay.file")
    if body.gate is not None:
        files[GATE] = find_training_file(here, body.gate.file, "gate.file")
        _check_differs(files, GATE, "gate.file")
    return files


def find_training_file(here: Resources, file_id: str, param: str) -> StoredFile:
    """An uploaded file for training.

    Raises:
        InvalidRequest: it was uploaded for something else.
        NotFound: there is none.
    """
    file = find_file(here, file_id, param)
    if file.purpose != PURPOSE:
        raise InvalidRequest(
            f"{param}: {file_id} was uploaded with the purpose {file.purpose!r}; upload it with 'fine-tune'.",
            param,
        )
    return file


def keep_files(here: Resources, files: JobFiles, folder: Path) -> None:
    """Put the copies into a folder."""
    for name, file in files.items():
        keep_file(here.data.files.path(file), folder, name)


def names_of(files: JobFiles) -> dict[str, str]:
    """What the client called each file."""
    return {name: file.filename for name, file in files.items()}


def _check_differs(files: JobFiles, name: str, param: str) -> None:
    if any(files[name].sha256 == file.sha256 for other, file in files.items() if other != name):
        raise InvalidRequest(
            f"{param}: it holds the same as a file that is learned from, so it would measure nothing; "
            "leave it out, or part the rows with `trivium data split`.",
            param,
        )
