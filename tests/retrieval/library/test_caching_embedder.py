"""A cache of vectors on disk: shared by stores, bounded, and never in the way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from retrieval.embedder import Vectors
from retrieval.hashing_embedder import HashingEmbedder
from retrieval.library.caching_embedder import CachingEmbedder
from retrieval.store.records import NewChunk, NewFile
from retrieval.store.store import Store

TEXTS = [f"On day {day} the ferry took {day * 7} goats." for day in range(30)]


class Counting(HashingEmbedder):
    """Tells what it embedded."""

    def __init__(self, dimensions: int = 64) -> None:
        super().__init__(dimensions)
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        return super().embed(texts)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vectors.sqlite3"


def remembered(path: Path, texts: Sequence[str]) -> list[str]:
    """Those of some texts that another process would not have to embed."""
    counting = Counting()
    cache = CachingEmbedder(counting, path)
    np.testing.assert_allclose(cache.embed(texts), HashingEmbedder(64).embed(texts), atol=1e-3)
    cache.close()
    return [text for text in texts if text not in counting.texts]


def test_a_text_in_two_stores_is_embedded_once_and_stored_alike(tmp_path: Path, path: Path) -> None:
    counting, found = Counting(), []
    cache = CachingEmbedder(counting, path)
    for name in ("one", "other"):
        with Store.create(tmp_path / name, cache) as store:
            store.put([NewFile(f"f{n}", "", text, [NewChunk(0, len(text))]) for n, text in enumerate(TEXTS)])
        with Store.open(tmp_path / name, HashingEmbedder(64)) as store:
            found.append([(hit.file_id, hit.score) for hit in store.search("the ferry took 21 goats", 30)])
    assert counting.texts == TEXTS
    assert found[0] == found[1]
    cache.close()
    assert cache.embed(TEXTS[:1]).shape == (1, 64) and cache.embed([]).shape == (0, 64)


def test_others_vectors_are_others(path: Path) -> None:
    wide = CachingEmbedder(Counting(128), path)
    assert wide.embed(TEXTS[:3]).shape == (3, 128)
    assert remembered(path, TEXTS[:3]) == []


def test_the_oldest_go_when_there_are_too_many_or_time_is_over(path: Path) -> None:
    small = CachingEmbedder(Counting(), path, most=10)
    for at in range(0, 30, 6):
        small.embed(TEXTS[at : at + 6])
    assert small.embed(["a\ud800", "a\ud800"]).shape == (2, 64)
    assert remembered(path, TEXTS) == TEXTS[21:]
    assert remembered(path, TEXTS) == TEXTS
    CachingEmbedder(Counting(), path, seconds=0).close()
    assert remembered(path, TEXTS) == []


@pytest.mark.parametrize("damage", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_done_without_and_made_anew(path: Path, damage: bytes) -> None:
    path.write_bytes(damage)
    assert remembered(path, TEXTS) == []
    assert remembered(path, TEXTS) == []
    assert remembered(path, TEXTS) == TEXTS


def test_a_folder_where_nothing_can_be_written_stops_nobody(tmp_path: Path) -> None:
    assert remembered(tmp_path / "missing" / "vectors.sqlite3", TEXTS) == []
