import subprocess
import sys
import threading
from pathlib import Path
from typing import get_args

import pytest

from retrieval.corpus import Corpus
from retrieval.documents import Document
from retrieval.embedder import Vectors
from retrieval.errors import (
    CorpusUnfinishedError,
    DuplicateDocumentError,
    EmbedderMismatchError,
    EmptyCorpusError,
)
from retrieval.hashing_embedder import HashingEmbedder
from retrieval.sentence_embedder import SentenceEmbedder
from retrieval.store.errors import StoreMissingError
from retrieval.store.searching import Mode

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
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus.build(tmp_path_factory.mktemp("corpus"), DOCUMENTS, EMBEDDER)


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


def test_a_passage_is_embedded_once_however_often_the_corpus_is_built(tmp_path: Path) -> None:
    embedder = CountingEmbedder()
    for _ in range(2):
        Corpus.build(tmp_path, [Document(str(i), "Same", "Same text.") for i in range(9)], embedder)
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
def test_a_corpus_without_text_is_refused(tmp_path: Path, documents: list[Document]) -> None:
    with pytest.raises(EmptyCorpusError):
        Corpus.build(tmp_path, documents, EMBEDDER)


def test_ids_must_differ(tmp_path: Path) -> None:
    with pytest.raises(DuplicateDocumentError, match="'a'"):
        Corpus.build(tmp_path, [Document("a", "", "x"), Document("a", "", "y")], EMBEDDER)


def test_what_was_built_is_found_again(corpus: Corpus, tmp_path: Path) -> None:
    built = Corpus.build(tmp_path, DOCUMENTS, EMBEDDER)
    again = Corpus.open(tmp_path, EMBEDDER)
    assert built.documents == again.documents == DOCUMENTS
    for mode in MODES:
        assert again.search(["bridge", "Nile"], mode=mode) == corpus.search(["bridge", "Nile"], mode=mode)


def test_a_folder_may_move_once_its_corpus_is_closed(corpus: Corpus, tmp_path: Path) -> None:
    Corpus.build(tmp_path / "draft", DOCUMENTS, EMBEDDER).close()
    (tmp_path / "draft").rename(tmp_path / "kept")
    assert Corpus.open(tmp_path / "kept", EMBEDDER).search(["Nile"]) == corpus.search(["Nile"])


def test_a_folder_without_a_finished_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreMissingError):
        Corpus.open(tmp_path / "nowhere", EMBEDDER)
    with pytest.raises(EmptyCorpusError):
        Corpus.build(tmp_path, [], EMBEDDER)
    with pytest.raises(CorpusUnfinishedError, match="build it first"):
        Corpus.open(tmp_path, EMBEDDER)


def test_another_embedder_is_refused(tmp_path: Path) -> None:
    Corpus.build(tmp_path, DOCUMENTS, EMBEDDER).close()
    with pytest.raises(EmbedderMismatchError, match=r"hashing-256.*hashing-128"):
        Corpus.open(tmp_path, HashingEmbedder(128))


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
    corpus = Corpus.build(tmp_path, DOCUMENTS, embedder)
    [hits] = corpus.search(["What colour is the crossing in San Francisco?"], mode="dense")
    assert hits[0].document_id == "bridge"
    assert embedder.truncated == 0


class CountingEmbedder(HashingEmbedder):
    """Counts the texts it embeds."""

    embedded = 0

    def embed(self, texts: list[str]) -> Vectors:  # type: ignore[override]
        self.embedded += len(texts)
        return super().embed(texts)
