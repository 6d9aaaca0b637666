"""Turns the body of POST /v1/fine_tuning/jobs into a job: all that is cheap to check is checked here."""

from __future__ import annotations

import re
import secrets
from hashlib import sha256
from uuid import uuid4

from finetune.errors import FinetuneError
from finetune.naming import root_of, trained_name
from finetune.quantization import check_quantizes
from generation.catalog import Parts, is_remote
from generation.errors import ModelUnavailableError, UnknownModelError
from service.errors import InvalidRequest
from service.fine_tuning_files import files_of, keep_files, names_of
from service.fine_tuning_fit import check_fit
from service.fine_tuning_recipe import recipe_of
from service.queueing import queue_with_folder
from service.resources import Resources
from service.schemas.fine_tuning_body import CreateJob, TrainingBody
from service.storage.fine_tuning import CHECKPOINT, FineTuningSpec
from service.storage.job import Job, NewJob
from service.wiring import build_catalog, endpoint_of


def queue_training(here: Resources, body: CreateJob, idempotency_key: str | None) -> Job:
    """Keep the files and begin the job.

    Raises:
        InvalidRequest: a field is wrong.
        NotFound: there is no such file.
        UnknownModelError: there is no such model.
    """
    parts = None if is_remote(body.model) else parts_of(here, body)
    if parts is None:
        check_fit(body, None)
        endpoint_of(here.settings, body.model)
    files, suffix = files_of(here, body), slug(body.suffix or "")
    job_id = f"ftjob-{uuid4().hex}"
    seed = secrets.randbelow(2**31) if body.seed is None else body.seed
    spec = FineTuningSpec(
        body=body.model_dump(mode="json"),
        base=root_of(parts) if parts else body.model,
        seed=seed,
        names=names_of(files),
        metadata=body.metadata or None,
    )
    name = trained_name(spec.base, suffix, job_id) if parts else None
    digest = sha256(body.model_dump_json().encode()).hexdigest()
    new = NewJob(job_id, "fine_tuning", spec.as_dict(), digest, idempotency_key, name, "validating_files")

    return queue_with_folder(here, new, lambda folder: keep_files(here, files, folder))


def parts_of(here: Resources, body: TrainingBody) -> Parts:
    """The local model that shall be trained, after checks that need no model in memory.

    Raises:
        InvalidRequest: it cannot be trained, or not so.
        UnknownModelError: there is no such model.
    """
    parts = find_model(here, body.model)
    if not (parts.base / "config.json").is_file():
        raise InvalidRequest(
            f"model: the folder of {parts.base_name!r} holds no model any more; put it back.",
            "model",
        )
    check_fit(body, parts)
    try:
        recipe_of(body, 1, 0)
        if body.recipe.kind == "qlora":
            check_quantizes()
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


def slug(suffix: str) -> str:
    """A suffix as it may stand in a name.

    Raises:
        InvalidRequest: nothing of it may.
    """
    kept = re.sub(r"[^A-Za-z0-9._-]+", "-", suffix).strip("-")
    if suffix and not kept:
        raise InvalidRequest("suffix: use letters, digits, dots and dashes.", "suffix")
    return kept
