import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from retrieval.corpus import Corpus
from retrieval.documents import Document
from retrieval.embedder import Vectors
from retrieval.errors import (
    CorpusDamagedError,
    CorpusUnfinishedError,
    DuplicateDocumentError,
    EmbedderMismatchError,
    EmptyCorpusError,
    RetrievalError,
)
from retrieval.hashing_embedder import HashingEmbedder
from retrieval.search import Mode
from retrieval.sentence_embedder import SentenceEmbedder

EMBEDDER = HashingEmbedder()
DOCUMENTS = [
    Document("bridge", "Golden Gate Bridge", "The bridge opened in 1937. It is painted orange."),
    Document("river", "Nile", "The Nile flows north to the Mediterranean Sea."),
    Document("empty", "Nothing", "  "),
    Document("long", "Numbers", " ".join(f"Sentence {i} is about the number {i}." for i in range(200))),
    Document("copy", "Nile", "The Nile flows north to the Mediterranean Sea."),
]
MODES = get_args(Mode)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus.build(DOCUMENTS, EMBEDDER)


@pytest.mark.parametrize("mode", MODES)
def test_finds_the_passage(corpus: Corpus, mode: Mode) -> None:
    bridge, number = corpus.search(
        ["When was the bridge opened?", "Sentence about the number 150"], mode=mode
    )
    assert bridge[0].document_id == "bridge"
    assert number[0].document_id == "long"


@pytest.mark.parametrize("mode", MODES)
def test_hits_are_spans_best_first_and_at_most_k(corpus: Corpus, mode: Mode) -> None:
    texts = {document.id: document.text for document in corpus.documents}
    for hits in corpus.search(["Where does the Nile flow?", "the number 7"], k=3, mode=mode):
        assert 0 < len(hits) <= 3
        assert all(texts[hit.document_id][hit.start : hit.end] == hit.text for hit in hits)
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_hit_is_one_window_at_most(corpus: Corpus) -> None:
    [hits] = corpus.search(["number"], k=50)
    assert all(len(EMBEDDER.token_spans([hit.text])[0]) <= 240 for hit in hits)


def test_copies_are_all_found(corpus: Corpus) -> None:
    [hits] = corpus.search(["Where does the Nile flow?"], k=2)
    assert {hit.document_id for hit in hits} == {"river", "copy"}


def test_the_title_is_searched(corpus: Corpus) -> None:
    for mode in MODES:
        assert corpus.search(["golden gate"], mode=mode)[0][0].document_id == "bridge"


def test_a_passage_is_embedded_once() -> None:
    embedder = CountingEmbedder()
    Corpus.build([Document(str(i), "Same", "Same text.") for i in range(9)], embedder)
    assert embedder.embedded == 1


def test_no_questions_no_hits(corpus: Corpus) -> None:
    assert corpus.search([]) == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("question", ["", "?", "\x00", "zzz qqq"])
def test_odd_questions_are_answered(corpus: Corpus, question: str, mode: Mode) -> None:
    assert len(corpus.search([question], mode=mode)) == 1


def test_batches_and_threads_agree_with_single_searches(corpus: Corpus) -> None:
    questions = ["bridge", "Nile", "number 3", "orange"]
    alone = [corpus.search([question])[0] for question in questions]
    assert corpus.search(questions) == alone
    found = {}
    threads = [
        threading.Thread(target=lambda i=i: found.update({i: corpus.search(questions)})) for i in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(found.values()) == [alone] * 4


@pytest.mark.parametrize("documents", [[], [Document("a", "Title", " ")]])
def test_a_corpus_without_text_is_refused(documents: list[Document]) -> None:
    with pytest.raises(EmptyCorpusError):
        Corpus.build(documents, EMBEDDER)


def test_ids_must_differ() -> None:
    with pytest.raises(DuplicateDocumentError, match="'a'"):
        Corpus.build([Document("a", "", "x"), Document("a", "", "y")], EMBEDDER)


def test_what_was_saved_is_found_again(corpus: Corpus, tmp_path: Path) -> None:
    corpus.save(tmp_path / "new" / "corpus")
    loaded = Corpus.load(tmp_path / "new" / "corpus", EMBEDDER)
    assert loaded.documents == corpus.documents
    for mode in MODES:
        assert loaded.search(["bridge", "Nile"], mode=mode) == corpus.search(["bridge", "Nile"], mode=mode)


def test_odd_characters_are_kept(tmp_path: Path) -> None:
    documents = (Document("ü\u2028", "\ud800", "a\u2028b\x85c\nd\r\ne \x00"),)
    Corpus.build(documents, EMBEDDER).save(tmp_path)
    assert Corpus.load(tmp_path, EMBEDDER).documents == documents


def test_a_save_replaces_and_leaves_nothing_behind(corpus: Corpus, tmp_path: Path) -> None:
    corpus.save(tmp_path)
    smaller = Corpus.build(DOCUMENTS[:1], EMBEDDER)
    smaller.save(tmp_path)
    assert Corpus.load(tmp_path, EMBEDDER).documents == smaller.documents
    assert len(list(tmp_path.iterdir())) == 4


def test_a_save_that_broke_off_leaves_the_old_corpus(corpus: Corpus, tmp_path: Path) -> None:
    corpus.save(tmp_path / "old")
    Corpus.build(DOCUMENTS[:1], EMBEDDER).save(tmp_path / "new")
    for path in (tmp_path / "new").glob("*-*"):
        path.rename(tmp_path / "old" / path.name)
    assert Corpus.load(tmp_path / "old", EMBEDDER).documents == corpus.documents


def test_a_folder_without_manifest_is_unfinished(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(CorpusUnfinishedError):
        Corpus.load(tmp_path / "nowhere", EMBEDDER)
    corpus.save(tmp_path)
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(CorpusUnfinishedError):
        Corpus.load(tmp_path, EMBEDDER)


@pytest.mark.parametrize("pattern", ["documents-*", "spans-*", "vectors-*", "manifest.json"])
@pytest.mark.parametrize(
    "change", [lambda old: old[:-1], lambda old: old[:-9] + b"x" + old[-8:], lambda old: b""]
)
def test_changed_files_are_noticed(corpus: Corpus, tmp_path: Path, pattern: str, change) -> None:  # type: ignore[no-untyped-def]
    corpus.save(tmp_path)
    [path] = tmp_path.glob(pattern)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(CorpusDamagedError):
        Corpus.load(tmp_path, EMBEDDER)


@pytest.mark.parametrize("pattern", ["documents-*", "spans-*", "vectors-*"])
def test_missing_files_are_noticed(corpus: Corpus, tmp_path: Path, pattern: str) -> None:
    corpus.save(tmp_path)
    next(tmp_path.glob(pattern)).unlink()
    with pytest.raises(CorpusDamagedError, match="build it again"):
        Corpus.load(tmp_path, EMBEDDER)


@pytest.mark.parametrize("manifest", [{}, [], {"format": 2}, {"format": 1}, {"format": 1, "files": {"a": 3}}])
def test_other_manifests_are_refused(tmp_path: Path, manifest: object) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CorpusDamagedError):
        Corpus.load(tmp_path, EMBEDDER)


def test_another_embedder_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    corpus.save(tmp_path)
    with pytest.raises(EmbedderMismatchError, match=r"hashing-256.*hashing-128"):
        Corpus.load(tmp_path, HashingEmbedder(128))


def test_every_error_is_one_of_the_floor() -> None:
    for error in (EmptyCorpusError, DuplicateDocumentError, CorpusDamagedError, CorpusUnfinishedError):
        assert issubclass(error, RetrievalError)


def test_importing_a_corpus_loads_no_heavy_library() -> None:
    code = (
        "import sys, retrieval.corpus, retrieval.sentence_embedder;"
        "print({'torch', 'transformers', 'faiss', 'sentence_transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.slow
def test_finds_by_meaning_with_the_real_model(tmp_path: Path) -> None:
    embedder = SentenceEmbedder()
    corpus = Corpus.build(DOCUMENTS, embedder)
    corpus.save(tmp_path)
    [hits] = Corpus.load(tmp_path, embedder).search(
        ["What colour is the crossing in San Francisco?"], mode="dense"
    )
    assert hits[0].document_id == "bridge"
    assert embedder.truncated == 0


class CountingEmbedder(HashingEmbedder):
    """Counts the texts it embeds."""

    embedded = 0

    def embed(self, texts: list[str]) -> Vectors:  # type: ignore[override]
        self.embedded += len(texts)
        return super().embed(texts)


def test_vectors_are_kept_bit_for_bit(corpus: Corpus, tmp_path: Path) -> None:
    corpus.save(tmp_path)
    [path] = tmp_path.glob("vectors-*")
    assert np.load(path, allow_pickle=False).dtype == np.float32
