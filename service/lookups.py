"""Finds what a request names, or says that it is not there."""

from __future__ import annotations

from service.errors import NotFound
from service.resources import Resources
from service.storage.files import StoredFile
from service.storage.job import Job, Kind


def find_file(here: Resources, file_id: str, param: str = "file_id") -> StoredFile:
    """A stored file.

    Raises:
        NotFound: names the field that held the id.

    """
    file = here.data.files.get(file_id)
    if file is None:
        raise no_file(file_id, param)
    return file


def no_file(file_id: str, param: str = "file_id") -> NotFound:
    """The error for a file that is not there."""
    return NotFound(f"{param}: there is no file {file_id!r}; upload it with POST /v1/files first.", param)


def find_recommendation(here: Resources, recommendation_id: str) -> Job:
    """A stored recommendation.

    Raises:
        NotFound: there is none of that id.

    """
    return _stored(
        here,
        "recommendation",
        recommendation_id,
        "recommendation",
        "/v1/recommendations",
        "recommendation_id",
    )


def find_deployment(here: Resources, deployment_id: str) -> Job:
    """A stored deployment.

    Raises:
        NotFound: there is none of that id.

    """
    return _stored(here, "deployment", deployment_id, "deployment", "/v1/deployments", "deployment_id")


def find_fine_tuning(here: Resources, job_id: str) -> Job:
    """A stored fine-tuning job.

    Raises:
        NotFound: there is none of that id.

    """
    return _stored(
        here, "fine_tuning", job_id, "fine-tuning job", "/v1/fine_tuning/jobs", "fine_tuning_job_id"
    )


def _stored(here: Resources, kind: Kind, job_id: str, noun: str, listing: str, param: str) -> Job:
    job = here.data.jobs.get(job_id, kind)
    if job is None:
        raise NotFound(f"There is no {noun} {job_id!r}; GET {listing} lists them.", param)
    return job
