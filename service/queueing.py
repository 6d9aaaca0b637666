"""Jobs that need more than their row: their folder is filled first."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from service.resources import Resources
from service.storage.job import Job, NewJob


def queue_with_folder(here: Resources, new: NewJob, fill: Callable[[Path], None]) -> Job:
    """Store a job whose folder `fill` makes, or give back the same one of a moment ago.

    Whoever finds the job finds its folder whole; a folder that no job came to need is removed.
    """
    folder = here.data.folder(new.kind, new.id)
    created = False
    try:
        fill(folder)
        job, created = here.data.jobs.create(new, here.settings.duplicate_seconds)
    finally:
        if not created:
            shutil.rmtree(folder, ignore_errors=True)
    return job
