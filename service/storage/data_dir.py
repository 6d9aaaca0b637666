"""The layout of the data directory, and the stores that live in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from service.storage.database import open_database
from service.storage.files import FileStore
from service.storage.job import Kind
from service.storage.jobs import JobStore


@dataclass(frozen=True, slots=True)
class DataDir:
    """One data directory. All names under it are made by us."""

    root: Path
    files: FileStore
    jobs: JobStore

    @classmethod
    def open(cls, root: Path) -> DataDir:
        """Open a directory that `migrate` has prepared."""
        database = open_database(root)
        return cls(root, FileStore(database, root / "files"), JobStore(database))

    def folder(self, kind: Kind, job_id: str) -> Path:
        """Where a job keeps its work."""
        return self.root / f"{kind}s" / job_id

    def pipeline(self, deployment_id: str) -> Path:
        """Where the finished pipeline of a deployment lies."""
        return self.folder("deployment", deployment_id) / "pipeline"

    def log(self, job_id: str) -> Path:
        """What the process of a job prints."""
        return self.root / "logs" / f"{job_id}.log"

    @property
    def heartbeat(self) -> Path:
        """Touched by the worker every second."""
        return self.root / "worker.heartbeat"

    @property
    def jobs_url(self) -> str:
        """The database of the durable workflows."""
        return f"sqlite:///{self.root / 'workflows.sqlite'}"
