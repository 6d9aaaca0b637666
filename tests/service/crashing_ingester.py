"""Ingests until somebody kills it; run as a program by the tests.

For each line on standard input it forks an ingester, and says when that is dead. Forking saves the imports.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from retrieval.extraction import Extracted, Extractor, extract
from retrieval.hashing_embedder import HashingEmbedder
from service.jobs import ingestion
from service.storage.data_dir import DataDir


class Reader(Extractor):
    """Reads in this process, to be quick."""

    def extract(self, name: str, data: bytes, seconds: float = 0) -> Extracted:
        return extract(name, data)


def main() -> None:
    ingestion.ATTEMPTS = 1_000
    for _ in sys.stdin:
        pid = os.fork()
        if not pid:
            ingest_for_ever(Path(sys.argv[1]))
        os.waitpid(pid, 0)
        os.write(1, b"0\n")


def ingest_for_ever(root: Path) -> None:
    os.write(1, f"{os.getpid()}\n".encode())
    ingesting = ingestion.Ingestion(DataDir.open(root), HashingEmbedder(), Reader(), 60, lambda: False)
    while True:
        if not ingesting.step():
            time.sleep(0.001)


if __name__ == "__main__":
    main()
