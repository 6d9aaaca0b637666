"""A vector store, and ingestion on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient

from retrieval.extraction import Extractor
from retrieval.hashing_embedder import HashingEmbedder
from service.jobs.ingestion import Ingestion
from service.storage.data_dir import DataDir
from tests.service.vector_stores.calls import STORES


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    with Extractor() as extractor:
        yield extractor


@pytest.fixture
def ingest(data: DataDir, extractor: Extractor) -> Callable[[], None]:
    """Do what an ingestion job would do now."""

    def drain() -> None:
        ingestion = Ingestion(data, HashingEmbedder(), extractor, 60, lambda: False)
        while ingestion.step():
            pass
        ingestion.close()

    return drain


@pytest.fixture
def store(client: TestClient) -> str:
    return str(client.post(STORES, json={"name": "Valley"}).json()["id"])
