"""Turns the body of POST /v1/fine_tuning/jobs into a job: all that is cheap to check is checked here."""

from __future__ import annotations

import re
import secrets
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from finetune.errors import FinetuneError
from generation.catalog import Parts, is_remote
from generation.errors import ModelUnavailableError, UnknownModelError
from service.errors import InvalidRequest
from service.fine_tuning_recipe import recipe_of
from service.lookups import find_file
from service.queueing import queue_with_folder
from service.resources import Resources
from service.schemas.fine_tuning_body import CreateJob, TrainingBody
from service.storage.files import StoredFile
from service.storage.fine_tuning import CHECKPOINT, TRAINING, VALIDATION, FineTuningSpec, keep_file
from service.storage.job import Job, NewJob
from service.wiring import build_catalog

PROJECT = "trivium"
PURPOSE = "fine-tune"


def queue_training(here: Resources, body: CreateJob, idempotency_key: str | None) -> Job:
    """Keep the files and begin the job.

    Raises:
        InvalidRequest: a field is wrong.
        NotFound: there is no such file.
        UnknownModelError: there is no such model.
    """
    parts = parts_of(here, body)
    training, validation = files_of(here, body)
    job_id = f"ftjob-{uuid4().hex}"
    seed = secrets.randbelow(2**31) if body.seed is None else body.seed
    spec = FineTuningSpec(
        body=body.model_dump(mode="json"),
        base=_root(parts),
        seed=seed,
        training_name=training.filename,
        validation_name=validation.filename if validation else None,
        metadata=body.metadata or None,
    )
    name = f"ft:{spec.base}:{PROJECT}:{slug(body.suffix or '')}:{job_id[-8:]}"
    digest = sha256(body.model_dump_json().encode()).hexdigest()
    new = NewJob(job_id, "fine_tuning", spec.as_dict(), digest, idempotency_key, name, "validating_files")

    def keep_files(folder: Path) -> None:
        keep_file(here.data.files.path(training), folder, TRAINING)
        if validation:
            keep_file(here.data.files.path(validation), folder, VALIDATION)

    return queue_with_folder(here, new, keep_files)


def files_of(here: Resources, body: TrainingBody) -> tuple[StoredFile, StoredFile | None]:
    """The uploaded files that a body names.

    Raises:
        InvalidRequest: uploaded for something else, or one for both.
        NotFound: there is no such file.
    """
    training = find_training_file(here, body.training_file, "training_file")
    if body.validation_file is None:
        return training, None
    validation = find_training_file(here, body.validation_file, "validation_file")
    if validation.sha256 == training.sha256:
        raise InvalidRequest(
            "validation_file: it holds the same as the training file, so it would measure nothing; leave it "
            "out, or part the rows with `trivium data split`.",
            "validation_file",
        )
    return training, validation


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


def parts_of(here: Resources, body: TrainingBody) -> Parts:
    """The local model that shall be trained, after checks that need no model in memory.

    Raises:
        InvalidRequest: it cannot be trained, or not so.
        UnknownModelError: there is no such model.
    """
    parts = find_model(here, body.model)
    if body.parent_mode and parts.adapter is None:
        raise InvalidRequest(
            f"parent_mode: {body.model!r} is no adapter, so there is nothing to continue; leave it out.",
            "parent_mode",
        )
    if parts.adapter and body.recipe.kind in ("full", "last_layers"):
        raise InvalidRequest(
            f"recipe.kind: {body.model!r} is an adapter, whose base stays as it is; choose lora.",
            "recipe.kind",
        )
    try:
        recipe_of(body, 1, 0)
    except FinetuneError as error:
        raise InvalidRequest(f"recipe: {error}", "recipe") from error
    return parts


def find_model(here: Resources, name: str) -> Parts:
    """What a local model is made of.

    Raises:
        InvalidRequest: the model is remote, or needs a base that is gone.
        UnknownModelError: there is none; tells what became of a job's model.
    """
    if is_remote(name):
        raise InvalidRequest(
            f"model: {name!r} is on another server; choose a local model from GET /v1/models.", "model"
        )
    try:
        return build_catalog(here.settings).parts(name)
    except ModelUnavailableError as error:
        raise InvalidRequest(f"model: {error}", "model") from error
    except UnknownModelError as error:
        raise UnknownModelError(_fate(here, name) or str(error)) from error


def _fate(here: Resources, name: str) -> str | None:
    """What became of the job that was to make a model."""
    makers = here.data.jobs.makers(name.split(CHECKPOINT)[0])
    if not makers:
        return None
    job = makers[-1]
    said = "was deleted" if job.status == "succeeded" else f"is not there: its job is {job.status}"
    return (
        f"{name!r} {said}. GET /v1/fine_tuning/jobs/{job.id}/checkpoints lists what can be used of it; "
        f"or train on {job.spec['base']!r}."
    )


def _root(parts: Parts) -> str:
    """The base's own name, also where it is a trained model itself."""
    return parts.base_name.split(":")[1] if parts.base_name.startswith("ft:") else parts.base_name


def slug(suffix: str) -> str:
    """A suffix as it may stand in a name.

    Raises:
        InvalidRequest: nothing of it may.
    """
    kept = re.sub(r"[^A-Za-z0-9._-]+", "-", suffix).strip("-")
    if suffix and not kept:
        raise InvalidRequest("suffix: use letters, digits, dots and dashes.", "suffix")
    return kept
