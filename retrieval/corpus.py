"""A corpus: documents that belong together, in a store that is filled once and then only searched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from retrieval.documents import Document, Hit
from retrieval.embedder import Embedder
from retrieval.errors import CorpusUnfinishedError, DuplicateDocumentError, EmptyCorpusError
from retrieval.parents import children
from retrieval.store.records import Found, NewChunk, NewFile
from retrieval.store.searching import Mode
from retrieval.store.store import Store


class Corpus:
    """Documents that can be searched; made by `build` or `open`, never changed. Safe between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @classmethod
    def build(cls, folder: Path, documents: Sequence[Document], embedder: Embedder) -> Corpus:
        """Cut, embed and index documents in a folder; what an earlier call finished is taken as it is.

        Raises:
            DuplicateDocumentError: two documents have one id.
            EmptyCorpusError: no document holds any text.
            EmbedderMismatchError: the folder holds the vectors of another embedder.
        """
        with Store.create(folder, embedder) as store:
            if not store.files():
                store.put(_files(documents, embedder))
        return cls.open(folder, embedder)

    @classmethod
    def open(cls, folder: Path, embedder: Embedder) -> Corpus:
        """The corpus that was built in a folder.

        Raises:
            StoreMissingError, CorpusUnfinishedError: none was, or not to the end.
            StoreDamagedError: it is not what was written.
            EmbedderMismatchError: another embedder made its vectors.
        """
        store = Store.open(folder, embedder)
        if not store.files():
            store.close()
            raise CorpusUnfinishedError(f"{folder.name!r} holds no finished corpus; build it first.")
        return cls(store)

    def close(self) -> None:
        """Let go of files and memory."""
        self._store.close()

    @property
    def documents(self) -> list[Document]:
        """All documents whole, in the order they were given."""
        files = self._store.files()
        return [Document(file.id, file.name, self._store.text(file.id)) for file in files]

    def search(self, questions: Sequence[str], k: int = 5, mode: Mode = "hybrid") -> list[list[Hit]]:
        """The best passages for each question, best first, at most k.

        `lexical` finds only passages that share a word with the question, so perhaps none.
        """
        return [[_hit(found) for found in self._store.search(one, k, mode=mode)] for one in questions]


def _files(documents: Sequence[Document], embedder: Embedder) -> list[NewFile]:
    """The documents, each with its title as its name."""
    for id, count in Counter(document.id for document in documents).items():
        if count > 1:
            raise DuplicateDocumentError(f"Two documents have the id {id!r}; ids must be unique.")
    files = [NewFile(one.id, one.title, one.text, _chunks(one, embedder)) for one in documents]
    if not any(file.chunks for file in files):
        raise EmptyCorpusError("The corpus holds no text; add documents that do.")
    return files


def _chunks(document: Document, embedder: Embedder) -> list[NewChunk]:
    cut = children(document.text, document.title, (), embedder.token_spans)
    return [NewChunk(one.start, one.end, one.title, context=one.parent) for one in cut]


def _hit(found: Found) -> Hit:
    chunk = found.chunk
    return Hit(found.file_id, found.file_name, chunk.text, chunk.start, chunk.end, found.score)
