from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from retrieval.embedder import Span, Vectors
from retrieval.errors import EmbedderMismatchError
from retrieval.hashing_embedder import HashingEmbedder
from retrieval.store.errors import (
    InvalidFileError,
    StoreDamagedError,
    StoreError,
    StoreMissingError,
    UnknownFileError,
)
from retrieval.store.limits import Limits
from retrieval.store.records import NewChunk, NewFile
from retrieval.store.store import DATABASE, Store

SMALL = Limits(tail=8)


class CountingEmbedder:
    """Remembers which texts it was given."""

    def __init__(self) -> None:
        self.inner, self.texts = HashingEmbedder(48), list[str]()
        self.name, self.dimensions = self.inner.name, self.inner.dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        return self.inner.embed(texts)

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        return self.inner.token_spans(texts)


def ids(store: Store, question: str, **options) -> list[str]:
    return [found.file_id for found in store.search(question, **options)]


def test_finds_a_chunk_with_its_place(store, make_file) -> None:
    store.put([make_file("a", "The bridge is red.", "The tower is tall."), make_file("b", "Rain fell.")])
    best = store.search("tall tower", 1)[0]
    assert (best.file_id, best.file_name, best.chunk.text) == ("a", "a.txt", "The tower is tall.")
    assert store.text("a")[best.chunk.start : best.chunk.end] == best.chunk.text
    assert best.chunk.number == 1 and best.similarity and best.words


@pytest.mark.parametrize("mode", ["hybrid", "rrf", "dense", "lexical"])
def test_every_mode_finds_every_chunk_before_and_after_sealing_and_merging(store, make_file, mode) -> None:
    texts = [f"unique{i} thing{i % 3} lies in place{i % 7}" for i in range(60)]
    for i, text in enumerate(texts):
        store.put([make_file(f"f{i}", text)])
    for _ in range(2):
        assert [ids(store, text, k=1, mode=mode) for text in texts] == [[f"f{i}"] for i in range(60)]
        store.compact()
    assert store.stats().segments[0].index.kind == "inverted"


def test_replaces_by_id_and_keeps_the_time_of_creation(store, make_file) -> None:
    store.put([make_file("a", "old words")])
    created = store.file("a").created_at
    store.put([make_file("a", "new text", "and more")])
    assert [chunk.text for chunk in store.chunks("a")] == ["new text", "and more"]
    assert store.file("a").created_at == created
    assert ids(store, "old words", mode="lexical") == []
    store.verify()


def test_replaces_by_name_too(store, make_file) -> None:
    store.put([make_file("a", "one", name="same"), make_file("b", "two", name="same")])
    store.put([make_file("c", "three", name="same")], replace="name")
    assert [file.id for file in store.files()] == ["c"]


def test_deletes_all_or_none(store, make_file) -> None:
    store.put([make_file("a", "one"), make_file("b", "two")])
    with pytest.raises(UnknownFileError, match="'x'"):
        store.delete(["a", "x"])
    assert len(store.files()) == 2
    store.delete(["a", "b"])
    assert store.files() == [] and store.search("one") == []


def test_a_text_in_two_files_outlives_one_of_them(store, make_file) -> None:
    store.put([make_file("a", "shared text"), make_file("b", "shared text")])
    assert sorted(ids(store, "shared text")) == ["a", "b"]
    store.delete(["a"])
    store.compact()
    assert ids(store, "shared text") == ["b"]
    store.verify()


def test_a_text_that_moves_from_file_to_file_in_one_put_stays(store, make_file) -> None:
    store.put([make_file("a", "moving text")])
    store.put([make_file("a", "other text"), make_file("b", "moving text")])
    store.verify()
    store.compact()
    assert ids(store, "moving text", k=1) == ["b"]


def test_embeds_nothing_twice(tmp_path: Path, make_file) -> None:
    embedder = CountingEmbedder()
    with Store.create(tmp_path, embedder) as store:
        store.put([make_file("a", "one", "two", "one"), make_file("b", "two")])
        assert sorted(embedder.texts) == ["one", "two"]
        store.delete(["a", "b"])
    with Store.open(tmp_path, embedder) as store:
        store.put([make_file("c", "two", "three")])
        assert sorted(embedder.texts) == ["one", "three", "two"]
        assert ids(store, "two", mode="lexical") == ["c"]
        store.verify()


def test_a_put_that_broke_off_left_its_vectors_for_the_next(tmp_path: Path, make_file) -> None:
    class BreaksOff(CountingEmbedder):
        def embed(self, texts: Sequence[str]) -> Vectors:
            if "text 1500" in texts:
                raise KeyboardInterrupt
            return super().embed(texts)

    file = make_file("a", *(f"text {i}" for i in range(2000)))
    with Store.create(tmp_path, BreaksOff()) as store, pytest.raises(KeyboardInterrupt):
        store.put([file])
    embedder = CountingEmbedder()
    with Store.open(tmp_path, embedder) as store:
        assert store.files() == []
        store.put([file])
        assert len(embedder.texts) == 2000 - 1024
        assert store.stats().passages == 2000


def test_a_put_gets_over_losing_what_it_was_about_to_share(tmp_path: Path, make_file) -> None:
    class Interrupted(CountingEmbedder):
        def embed(self, texts: Sequence[str]) -> Vectors:
            if "new" in texts and "new" not in self.texts:
                with Store.open(tmp_path, CountingEmbedder(), SMALL) as other:
                    other.delete(["a"])
                    assert other.compact().dropped == 10
            return super().embed(texts)

    embedder = Interrupted()
    with Store.create(tmp_path, embedder, SMALL) as store:
        store.put([make_file("a", *(f"shared {n}" for n in range(10)))])
        store.put([make_file("fills the tail", "filler")])
        store.put([make_file("b", "shared 3", "new")])
        assert embedder.texts.count("shared 3") == 2
        assert (
            ids(store, "shared 3", mode="lexical", k=1) == ids(store, "shared 3", mode="dense", k=1) == ["b"]
        )
        store.verify()


def test_titles_count_in_searches_and_contexts_are_kept(store) -> None:
    file = NewFile("a", "a.md", "one two three four", [NewChunk(4, 7, "Bridges", 3, (0, 13))])
    store.put([file])
    chunk = store.search("bridges", mode="lexical")[0].chunk
    assert (chunk.text, chunk.page, chunk.context) == ("two", 3, (0, 13))
    assert store.text("a", *chunk.context) == "one two three"


def test_long_texts_are_read_in_spans(store) -> None:
    text = "".join(chr(0x4E00 + i % 5000) for i in range(30_000)) + "\x00\U0001f600end"
    spans = [(0, 10), (8190, 8195), (8192, 16384), (16384, 16384), (29_999, len(text))]
    store.put([NewFile("a", "a", text, [NewChunk(*span) for span in spans])])
    assert [c.text for c in store.chunks("a")] == [text[start:end] for start, end in spans]
    assert store.text("a") == text


def test_lone_surrogates_become_replacement_characters(store) -> None:
    store.put([NewFile("a", "b\udc80", "x\ud800y", [NewChunk(0, 3)])])
    assert store.text("a") == "x\ufffdy" and store.file("a").name == "b\ufffd"


def test_finds_files_by_hash(store, make_file) -> None:
    store.put([make_file("a", "one"), make_file("b", "two")])
    assert [file.id for file in store.files("hash of b")] == ["b"]


def test_several_questions_are_fused(store, make_file) -> None:
    store.put([make_file(name, f"{name} stands here") for name in ("oak", "elm", "ash", "fir")])
    assert set(ids(store, ["oak", "fir"], k=2)) == {"oak", "fir"}
    assert set(ids(store, ["oak", "fir"], k=2, mode="rrf")) == {"oak", "fir"}


def test_leaves_out_what_scores_below_the_threshold(store, make_file) -> None:
    store.put([make_file("a", "red bridge"), make_file("b", "green valley")])
    assert ids(store, "red bridge", mode="dense", threshold=0.9) == ["a"]
    assert ids(store, "red bridge", mode="dense", threshold=1.1) == []


def test_stands_after_reopening(tmp_path: Path, embedder, make_file) -> None:
    with Store.create(tmp_path / "s", embedder) as store:
        store.put([make_file("a", "red bridge", attributes={"n": 1})])
        before = store.search("bridge"), store.files()
    with Store.open(tmp_path / "s", embedder) as store:
        assert (store.search("bridge"), store.files()) == before
    with pytest.raises(StoreError, match="closed"):
        store.files()


def test_a_store_of_format_2_goes_on(tmp_path: Path, embedder, make_file) -> None:
    with Store.create(tmp_path, embedder) as store:
        store.put([make_file("a", "red bridge", attributes={"n": 1})])
        before = store.search("bridge"), store.files()
    with sqlite3.connect(tmp_path / DATABASE) as old:
        old.execute("ALTER TABLE files ADD COLUMN status TEXT NOT NULL DEFAULT 'completed'")
        old.execute("ALTER TABLE files ADD COLUMN error_code TEXT")
        old.execute("ALTER TABLE files ADD COLUMN error_message TEXT")
        old.execute("UPDATE store SET format = 2")
    old.close()
    with Store.open(tmp_path, embedder) as store:
        assert (store.search("bridge"), store.files()) == before
        store.put([make_file("b", "green valley")])
        store.verify()
    with Store.create(tmp_path, embedder) as store:
        assert store.stats().files == 2


def test_refuses_stores_of_other_formats(tmp_path: Path, embedder) -> None:
    Store.create(tmp_path, embedder).close()
    with sqlite3.connect(tmp_path / DATABASE) as old:
        old.execute("UPDATE store SET format = 1")
    old.close()
    with pytest.raises(StoreDamagedError, match="another format"):
        Store.open(tmp_path, embedder)


def test_refuses_other_embedders_and_empty_folders(tmp_path: Path, embedder) -> None:
    with pytest.raises(StoreMissingError):
        Store.open(tmp_path, embedder)
    (tmp_path / DATABASE).touch()
    with pytest.raises(StoreMissingError, match="finished"):
        Store.open(tmp_path, embedder)
    Store.create(tmp_path, embedder).close()
    with pytest.raises(EmbedderMismatchError, match="hashing-48"):
        Store.open(tmp_path, HashingEmbedder(32))


@pytest.mark.parametrize(
    "chunk", [NewChunk(0, 99), NewChunk(-1, 2), NewChunk(3, 2), NewChunk(0, 2, context=(0, 99))]
)
def test_refuses_spans_outside_the_text(store, chunk: NewChunk) -> None:
    with pytest.raises(InvalidFileError, match="spans"):
        store.put([NewFile("a", "a", "short", [chunk])])
    assert store.files() == []


@pytest.mark.parametrize("value", [float("nan"), 2**63, None, [1], "\ud800"])
def test_refuses_attributes_that_cannot_be_compared(store, make_file, value) -> None:
    with pytest.raises(InvalidFileError, match="attribute"):
        store.put([make_file("a", "text", attributes={"x": value})])


def test_refuses_an_id_that_is_no_text(store, make_file) -> None:
    with pytest.raises(InvalidFileError, match="id"):
        store.put([make_file("\ud800", "text")])


def test_refuses_two_files_of_one_id(store, make_file) -> None:
    with pytest.raises(InvalidFileError, match="same id"):
        store.put([make_file("a", "one"), make_file("a", "two")])


def test_refuses_vectors_that_are_no_numbers(tmp_path: Path, make_file) -> None:
    class Broken(CountingEmbedder):
        def embed(self, texts: Sequence[str]) -> Vectors:
            return np.full((len(texts), 48), np.nan, np.float32)

    with Store.create(tmp_path, Broken()) as store, pytest.raises(StoreError, match="not finite"):
        store.put([make_file("a", "one")])


def test_an_empty_store_finds_nothing(store) -> None:
    assert store.search("anything") == [] and store.search([]) == [] and store.search("x", 0) == []
    assert store.stats().recall == 1.0
