"""/v1/fine_tuning/estimate and /preview: what a training will cost, and what it will learn."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import APIRouter

from service.dataset_checks import Source, Task, check_apart, outcome_apart
from service.fine_tuning_admission import find_model, parts_of
from service.fine_tuning_files import files_of, find_training_file, keep_files, names_of
from service.resources import Here
from service.schemas.fine_tuning_beforehand import Estimate, Preview
from service.schemas.fine_tuning_body import PreviewBody, TrainingBody

SECONDS = 300.0
"""An estimate loads the model and takes steps with it."""
router = APIRouter(prefix="/v1/fine_tuning", tags=["fine-tuning"])


@router.post("/estimate")
def estimate(here: Here, body: TrainingBody) -> Estimate:
    """Seconds, memory and tokens of a training, from a few of its own steps."""
    parts = parts_of(here, body)
    files = files_of(here, body)
    with TemporaryDirectory(prefix="trivium-estimate-") as scratch:
        folder = Path(scratch)
        keep_files(here, files, folder)
        task = {
            "body": body.model_dump(mode="json"),
            "folder": scratch,
            "names": names_of(files),
            "base": str(parts.base),
            "adapter": str(parts.adapter) if parts.adapter else None,
        }
        outcome = outcome_apart("service.processes.training_estimate", json.dumps(task), folder, SECONDS)
    return Estimate(**outcome["estimate"])


@router.post("/preview")
def preview(here: Here, body: PreviewBody) -> Preview:
    """The first rows as the model sees them, with what is learned set apart."""
    base = find_model(here, body.model).base
    file = find_training_file(here, body.training_file, "training_file")
    source = Source("training_file", here.data.files.path(file), file.filename)
    with TemporaryDirectory(prefix="trivium-preview-") as scratch:
        report = check_apart(Task(source, None, base, body.rows), Path(scratch))
    return Preview(data=list(report.preview), tokens=report.tokens)
