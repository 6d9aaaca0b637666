"""The layout of the data directory, and the stores that live in it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from service.storage.database import open_database
from service.storage.files import FileStore
from service.storage.ingestion_queue import IngestionQueue
from service.storage.job import Kind
from service.storage.jobs import JobStore
from service.storage.responses import ResponseStore
from service.storage.vector_store_files import VectorStoreFiles
from service.storage.vector_stores import VectorStores

GONE = ".gone-"
"""What the name of an adapter begins with while it is being deleted."""


@dataclass(frozen=True, slots=True)
class DataDir:
    """One data directory. All names under it are made by us."""

    root: Path
    files: FileStore
    jobs: JobStore
    vector_stores: VectorStores
    vector_store_files: VectorStoreFiles
    ingestion: IngestionQueue
    responses: ResponseStore

    @classmethod
    def open(cls, root: Path) -> DataDir:
        """Open a directory that `migrate` has prepared."""
        database = open_database(root)
        return cls(
            root,
            FileStore(database, root / "files"),
            JobStore(database),
            VectorStores(database),
            VectorStoreFiles(database),
            IngestionQueue(database),
            ResponseStore(database),
        )

    def sweep(self) -> None:
        """Remove what a kill left half written or half deleted; before anything else works here."""
        self.files.sweep()
        for gone in self.adapters.glob(f"{GONE}*"):
            shutil.rmtree(gone)

    def folder(self, kind: Kind, job_id: str) -> Path:
        """Where a job keeps its work."""
        return self.root / f"{kind}s" / job_id

    def pipeline(self, deployment_id: str) -> Path:
        """Where the finished pipeline of a deployment lies."""
        return self.folder("deployment", deployment_id) / "pipeline"

    def library(self, vector_store_id: str) -> Path:
        """Where lies what can be found in a vector store."""
        return self.root / "vector_stores" / vector_store_id

    @property
    def vector_cache(self) -> Path:
        """What ingestion embedded lately, for all vector stores."""
        return self.root / "vectors.sqlite"

    @property
    def adapters(self) -> Path:
        """Where finished adapters and trained models lie, by their names."""
        return self.root / "adapters"

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
