"""Finds what a request names, or says that it is not there."""

from __future__ import annotations

from service.errors import NotFound
from service.resources import Resources
from service.storage.files import StoredFile
from service.storage.job import Job


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
    job = here.data.jobs.get(recommendation_id, "recommendation")
    if job is None:
        raise NotFound(
            f"There is no recommendation {recommendation_id!r}; GET /v1/recommendations lists them.",
            "recommendation_id",
        )
    return job


def find_deployment(here: Resources, deployment_id: str) -> Job:
    """A stored deployment.

    Raises:
        NotFound: there is none of that id.

    """
    job = here.data.jobs.get(deployment_id, "deployment")
    if job is None:
        raise NotFound(
            f"There is no deployment {deployment_id!r}; GET /v1/deployments lists them.", "deployment_id"
        )
    return job


def find_fine_tuning(here: Resources, job_id: str) -> Job:
    """A stored fine-tuning job.

    Raises:
        NotFound: there is none of that id.

    """
    job = here.data.jobs.get(job_id, "fine_tuning")
    if job is None:
        raise NotFound(
            f"There is no fine-tuning job {job_id!r}; GET /v1/fine_tuning/jobs lists them.",
            "fine_tuning_job_id",
        )
    return job
