"""A corpus: documents, their vectors and their words under one roof, searched by questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.chunking import Chunk, chunk
from retrieval.corpus_folder import SavedCorpus, read_corpus, write_corpus
from retrieval.documents import Document, Hit
from retrieval.embedder import Embedder, Vectors
from retrieval.errors import (
    CorpusDamagedError,
    DuplicateDocumentError,
    EmbedderMismatchError,
    EmptyCorpusError,
)
from retrieval.faiss_store import FaissStore
from retrieval.lexical import LexicalIndex
from retrieval.search import Mode, Ranking, blend_each

DEPTH = 100
"""Passages that each kind of search hands to the blend."""


class Corpus:
    """Documents that can be searched; made by `build` or `load`, never changed. Safe between threads."""

    def __init__(
        self, documents: Sequence[Document], chunks: Sequence[Chunk], vectors: Vectors, embedder: Embedder
    ) -> None:
        self.documents = tuple(documents)
        self._chunks, self._embedder = tuple(chunks), embedder
        self._passages = _group(self._chunks)
        self._store = FaissStore(embedder.dimensions)
        self._store.add(vectors)
        self._words = LexicalIndex(list(self._passages))
        self._members = list(self._passages.values())

    @classmethod
    def build(cls, documents: Iterable[Document], embedder: Embedder) -> Corpus:
        """Cut, embed and index documents; a passage that stands in several is embedded once.

        Raises:
            DuplicateDocumentError: two documents have one id.
            EmptyCorpusError: no document holds any text.
        """
        documents = tuple(documents)
        _check_ids(documents)
        chunks = tuple(chunk(documents, embedder.token_spans))
        if not chunks:
            raise EmptyCorpusError("The corpus holds no text; add documents that do.")
        return cls(documents, chunks, embedder.embed(list(_group(chunks))), embedder)

    def search(self, questions: Sequence[str], k: int = 5, mode: Mode = "hybrid") -> list[list[Hit]]:
        """The best passages for each question, best first, at most k.

        `lexical` finds only passages that share a word with the question, so perhaps none.
        """
        if not questions:
            return []
        rankings = self._rank(questions, k, mode)
        return [self._hits(ranking, k) for ranking in rankings]

    def save(self, folder: Path) -> None:
        """Write the corpus, atomically; a corpus that lies there is replaced."""
        write_corpus(folder, self._saved())

    @classmethod
    def load(cls, folder: Path, embedder: Embedder) -> Corpus:
        """A corpus as it was saved.

        Raises:
            CorpusUnfinishedError: the folder holds no finished corpus.
            CorpusDamagedError: its files are not those that were written.
            EmbedderMismatchError: another embedder made its vectors.
        """
        saved = read_corpus(folder)
        if (saved.embedder, saved.vectors.shape[-1]) != (embedder.name, embedder.dimensions):
            raise EmbedderMismatchError(
                f"{folder.name!r} was embedded by {saved.embedder!r}, not {embedder.name!r}; build it again."
            )
        chunks = _chunks(saved)
        if len(_group(chunks)) != len(saved.vectors):
            raise CorpusDamagedError(f"{folder.name!r} has other passages than vectors; build it again.")
        return cls(saved.documents, chunks, saved.vectors, embedder)

    def _rank(self, questions: Sequence[str], k: int, mode: Mode) -> list[Ranking]:
        if mode == "dense":
            return self._dense(questions, k)
        if mode == "lexical":
            return self._words.search(questions, k)
        depth = max(k, DEPTH)
        return blend_each(self._dense(questions, depth), self._words.search(questions, depth))

    def _dense(self, questions: Sequence[str], k: int) -> list[Ranking]:
        scores, numbers = self._store.search(self._embedder.embed(questions), k)
        return [list(zip(n, s, strict=True)) for n, s in zip(numbers.tolist(), scores.tolist(), strict=True)]

    def _hits(self, ranking: Ranking, k: int) -> list[Hit]:
        best = [(place, score) for number, score in ranking[:k] for place in self._members[number]]
        return [self._hit(self._chunks[place], score) for place, score in best[:k]]

    def _hit(self, found: Chunk, score: float) -> Hit:
        document = self.documents[found.document]
        return Hit(document.id, document.title, found.text, found.start, found.end, score)

    def _saved(self) -> SavedCorpus:
        headings = {c.document: c.title for c in self._chunks}
        return SavedCorpus(
            embedder=self._embedder.name,
            documents=self.documents,
            titles=tuple(headings.get(place, "") for place in range(len(self.documents))),
            spans=_spans(self._chunks),
            vectors=self._store.vectors(),
        )


def _group(chunks: Sequence[Chunk]) -> dict[str, list[int]]:
    """Each passage with the places of the chunks that are word for word the same."""
    passages: dict[str, list[int]] = {}
    for place, one in enumerate(chunks):
        passages.setdefault(one.titled_text, []).append(place)
    return passages


def _spans(chunks: Sequence[Chunk]) -> NDArray[np.int64]:
    return np.array([(c.document, c.start, c.end) for c in chunks], dtype=np.int64)


def _chunks(saved: SavedCorpus) -> tuple[Chunk, ...]:
    return tuple(
        Chunk(place, start, end, saved.documents[place].text[start:end], saved.titles[place])
        for place, start, end in saved.spans.tolist()
    )


def _check_ids(documents: Sequence[Document]) -> None:
    seen: set[str] = set()
    for document in documents:
        if document.id in seen:
            raise DuplicateDocumentError(f"Two documents have the id {document.id!r}; ids must be unique.")
        seen.add(document.id)
