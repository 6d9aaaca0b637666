"""Small stores whose limits are so low that a few files cross all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from retrieval.hashing_embedder import HashingEmbedder
from retrieval.store.limits import Limits
from retrieval.store.records import NewChunk, NewFile, Value
from retrieval.store.store import Store

SMALL = Limits(tail=8, flat=40, scan=4, wait_s=5)
MakeFile = Callable[..., NewFile]


@pytest.fixture
def embedder() -> HashingEmbedder:
    return HashingEmbedder(48)


@pytest.fixture
def store(tmp_path: Path, embedder: HashingEmbedder) -> Iterator[Store]:
    with Store.create(tmp_path / "store", embedder, SMALL) as made:
        yield made


@pytest.fixture
def make_file() -> MakeFile:
    return file_of


def file_of(id: str, *chunks: str, name: str = "", attributes: dict[str, Value] | None = None) -> NewFile:
    """A file whose chunks stand one after another."""
    spans, at = [], 0
    for chunk in chunks:
        spans.append(NewChunk(at, at + len(chunk)))
        at += len(chunk) + 1
    return NewFile(id, name or f"{id}.txt", "\n".join(chunks), spans, f"hash of {id}", attributes or {})
