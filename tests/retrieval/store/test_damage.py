"""Caches come back, damaged truth is named, a full disk changes nothing."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest

from retrieval.hashing_embedder import HashingEmbedder
from retrieval.store.caches import LISTS, MANIFEST, VECTORS, WORDS
from retrieval.store.errors import StoreDamagedError, StoreFullError
from retrieval.store.limits import Limits
from retrieval.store.store import DATABASE, SEGMENTS, Store
from retrieval.store.views import INSPECTION
from tests.full_disk import largest_file

LIMITS = Limits(tail=8, flat=40, scan=4)


@pytest.fixture
def folder(tmp_path: Path, embedder, make_file) -> Path:
    """A compacted store of 60 files with an inverted file, and a few in the tail."""
    with Store.create(tmp_path / "s", embedder, LIMITS) as store:
        for start in range(0, 60, 10):
            store.put(
                [make_file(f"f{n}", f"unique{n} lies in place{n % 7}") for n in range(start, start + 10)]
            )
        store.compact()
        store.put([make_file("last", "unique60 lies in place4")])
    return tmp_path / "s"


def one(folder: Path, suffix: str) -> Path:
    return next(path for path in (folder / SEGMENTS).iterdir() if path.name.endswith(suffix))


def flip(path: Path, at: float) -> None:
    content = bytearray(path.read_bytes())
    content[int(at * (len(content) - 1))] ^= 0xFF
    path.write_bytes(content)


def lose(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def spoil(path: Path) -> None:
    flip(path, 0.9)


def behead(path: Path) -> None:
    flip(path, 0.0)


def make_stale(path: Path) -> None:
    manifest = json.loads(path.read_bytes())
    path.write_bytes(json.dumps(manifest | {"source": 1}).encode())


def inspected() -> None:
    """Wait until the caches of all stores were read."""
    for thread in threading.enumerate():
        if thread.name == INSPECTION:
            thread.join()


@pytest.mark.parametrize(
    ("suffix", "harm"),
    [
        (WORDS, lose),
        (WORDS, cut),
        (WORDS, spoil),
        (LISTS, lose),
        (LISTS, cut),
        (LISTS, spoil),
        (LISTS, behead),
        (MANIFEST, lose),
        (MANIFEST, cut),
        (MANIFEST, make_stale),
    ],
)
def test_a_harmed_cache_changes_no_answer_and_is_made_again(
    folder: Path, embedder, suffix: str, harm
) -> None:
    questions = [f"unique{n} lies" for n in (0, 7, 33, 60)]
    harm(one(folder, suffix))
    with Store.open(folder, embedder, LIMITS) as store:
        inspected()
        for mode in ("lexical", "dense"):
            found = [store.search(question, 1, mode=mode)[0].file_id for question in questions]
            assert found == ["f0", "f7", "f33", "last"]
        assert store.compact().rebuilt == 1
        assert [store.search(q, 1)[0].file_id for q in questions] == ["f0", "f7", "f33", "last"]
        assert store.stats().segments[0].index.kind == "inverted"
    with Store.open(folder, embedder, LIMITS) as store:
        assert store.compact().rebuilt == 0
        store.verify()


def test_words_made_from_texts_know_what_came_later(folder: Path, embedder, make_file) -> None:
    """Vectors that a broken-off put left have no text yet; a later put gives them one."""
    with Store.open(folder, embedder, LIMITS) as store:
        store.delete(["f3"])
    lose(one(folder, WORDS))
    with Store.open(folder, embedder, LIMITS) as store:
        assert store.search("unique3", mode="lexical") == []
        store.put([make_file("again", "unique3 lies in place3")])
        assert [found.file_id for found in store.search("unique3", mode="lexical")] == ["again"]
        store.compact()
        assert [found.file_id for found in store.search("unique3", mode="lexical")] == ["again"]


@pytest.mark.parametrize("at", [0.0, 0.001])
def test_a_damaged_header_of_vectors_is_named_at_once(folder: Path, embedder, at: float) -> None:
    flip(one(folder, VECTORS), at)
    with pytest.raises(StoreDamagedError, match="header"):
        Store.open(folder, embedder, LIMITS)


def test_vectors_that_are_lost_or_cut_are_named_at_once(folder: Path, embedder) -> None:
    path = one(folder, VECTORS)
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    with pytest.raises(StoreDamagedError, match="bytes"):
        Store.open(folder, embedder, LIMITS)
    path.unlink()
    with pytest.raises(StoreDamagedError, match="lost"):
        Store.open(folder, embedder, LIMITS)


def test_damaged_vectors_are_found_by_verify_and_never_merged(folder: Path, embedder, make_file) -> None:
    flip(one(folder, VECTORS), 0.9)
    with Store.open(folder, embedder, LIMITS) as store:
        with pytest.raises(StoreDamagedError, match="changed since"):
            store.verify()
        store.delete([f"f{n}" for n in range(40)])
        with pytest.raises(StoreDamagedError, match="changed since"):
            store.compact()


def test_a_damaged_database_is_named(folder: Path, embedder) -> None:
    path = folder / DATABASE
    path.write_bytes(b"x" * 4096 + path.read_bytes()[4096:])
    with pytest.raises(StoreDamagedError, match="database"):
        Store.open(folder, embedder, LIMITS)


@pytest.mark.parametrize("size", [100, 5000, 40_000])
def test_a_full_disk_leaves_the_store_as_it_was(folder: Path, embedder, make_file, size: int) -> None:
    with Store.open(folder, embedder, LIMITS) as store:
        before = store.files(), store.search("unique7 lies")
        file = make_file("new", *(f"some text {n}" for n in range(300)))
        with largest_file(size), pytest.raises(StoreFullError, match="free some space"):
            store.put([file])
        assert (store.files(), store.search("unique7 lies")) == before
        store.put([file])
        assert store.file("new").chunks == 300
        store.verify()


@pytest.mark.parametrize("size", [4500, 9500, 9900])
def test_a_full_disk_during_compaction_leaves_the_store_as_it_was(
    tmp_path: Path, embedder, make_file, size: int
) -> None:
    """Full when the vectors are written, when the lists are, and when the segments are swapped."""
    with Store.create(tmp_path, embedder, LIMITS) as store:
        for start in range(0, 60, 10):
            store.put(
                [make_file(f"f{n}", f"unique{n} lies in place{n % 7}") for n in range(start, start + 10)]
            )
        before = store.search("unique7 lies", 5), sorted((tmp_path / SEGMENTS).iterdir())
        with largest_file(size), pytest.raises(StoreFullError):
            store.compact()
        assert (store.search("unique7 lies", 5), sorted((tmp_path / SEGMENTS).iterdir())) == before
        assert store.compact().merged == 5
        assert store.stats().segments[0].index.kind == "inverted"
        store.verify()


def test_a_copied_folder_is_a_store(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    with Store.open(tmp_path / "copy", HashingEmbedder(48), LIMITS) as store:
        assert store.search("unique7", 1)[0].file_id == "f7"
        store.verify()
