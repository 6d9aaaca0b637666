"""Deleting what a training made, unless something else still needs it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from generation.adapter_folder import (
    ENCODER_MANIFEST,
    MANIFEST,
    MODEL_MANIFEST,
    adapter_name,
    adapter_path,
    finished_adapters,
    read_manifest,
)
from generation.errors import ModelUnavailableError
from service.errors import NotReady
from service.resources import Resources
from service.storage.data_dir import GONE
from service.storage.job import Job


def delete_trained(here: Resources, name: str) -> bool:
    """Delete a fine-tuned model or a checkpoint; False where there is none of that name.

    Raises:
        NotReady: an adapter, a deployment or an unfinished job needs it.
    """
    folder = adapter_path(here.data.adapters, name)
    if not any((folder / manifest).exists() for manifest in (MANIFEST, MODEL_MANIFEST, ENCODER_MANIFEST)):
        return False
    users = list(_users(here, name))
    if users:
        raise NotReady(
            f"model: {name!r} is needed by {', '.join(users[:5])}; delete or cancel that first.", "model"
        )
    gone = folder.with_name(f"{GONE}{folder.name}")
    folder.replace(gone)
    shutil.rmtree(gone)
    return True


def _users(here: Resources, name: str) -> Iterator[str]:
    yield from (job.id for job in here.data.jobs.unfinished() if name in _models_of(job))
    deployed = [job for job in here.data.jobs.deployed() if name in _models_of(job)]
    yield from (job.model_name or job.id for job in deployed)
    base = adapter_path(here.data.adapters, name).name
    for folder in finished_adapters(here.data.adapters):
        try:
            if read_manifest(folder).base_name == base:
                yield adapter_name(folder)
        except ModelUnavailableError:
            continue


def _models_of(job: Job) -> tuple[str | None, ...]:
    """The models that a job or a deployment works with."""
    asked = job.spec.get("body") or {}
    named = (asked.get("model"), job.spec.get("model"), job.spec.get("parent_model"))
    return (*named, *job.spec.get("models", ()))
