"""/v1/datasets: look at training data before anything is trained on it."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import APIRouter, Form, UploadFile

from finetune.data.report import Report
from service.dataset_checks import Source, Task, check_apart
from service.errors import InvalidRequest
from service.lookups import find_file
from service.resources import Here, Resources
from service.schemas.datasets import DatasetCheck
from service.wiring import build_catalog

router = APIRouter(prefix="/v1/datasets", tags=["datasets"])


@router.post("/check")
def check(here: Here, form: Annotated[DatasetCheck, Form(media_type="multipart/form-data")]) -> Report:
    """Report what is wrong with a data set, and what it is in tokens."""
    model = build_catalog(here.settings).folder(form.model) if form.model else None
    with TemporaryDirectory(prefix="trivium-check-") as scratch:
        folder = Path(scratch)
        file = _source(here, folder, "file", form.file, form.file_id)
        aside = _source(here, folder, "validation_file", form.validation_file, form.validation_file_id)
        if file is None:
            raise InvalidRequest("file: send a file, or the id of an uploaded one as file_id.", "file")
        return check_apart(Task(file, aside, model, form.preview), folder)


def _source(
    here: Resources, folder: Path, field: str, sent: UploadFile | None, file_id: str | None
) -> Source | None:
    if sent is not None and file_id is not None:
        raise InvalidRequest(f"{field}: send either {field} or {field}_id, not both.", field)
    if file_id is not None:
        stored = find_file(here, file_id, f"{field}_id")
        return Source(f"{field}_id", here.data.files.path(stored), stored.filename)
    if sent is None:
        return None
    path = folder / field
    with path.open("wb") as sink:
        shutil.copyfileobj(sent.file, sink)
    return Source(field, path, sent.filename or "")
