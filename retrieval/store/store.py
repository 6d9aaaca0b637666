"""The store: files of chunks in one folder, searched while they come and go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, Self

import numpy as np

from retrieval.embedder import Embedder, Vectors
from retrieval.errors import EmbedderMismatchError
from retrieval.store import files as rows
from retrieval.store.compaction import Compacted, alone, compact
from retrieval.store.database import Database
from retrieval.store.errors import StoreMissingError, UnknownFileError
from retrieval.store.filters import Filter, check_attributes
from retrieval.store.fusion import FittedWeight, Judged, fit_weight
from retrieval.store.ingest import Ingest
from retrieval.store.limits import DEFAULTS, Limits
from retrieval.store.passages import bury
from retrieval.store.records import Attributes, Found, NewFile, StoredChunk, StoredFile
from retrieval.store.schema import advance, create, facts, is_of_format_2, upgrade
from retrieval.store.searching import Mode, Query, Searcher
from retrieval.store.stats import Stats, gather
from retrieval.store.texts import read_text
from retrieval.store.verification import verify
from retrieval.store.views import Views

DATABASE = "store.sqlite3"
SEGMENTS = "segments"


class Store:
    """Files of chunks; made by `create` or `open`. Safe between threads and between processes.

    Every write is one transaction: when a method returns, it is on the disk whole; when it raises,
    nothing has changed. Searches never wait for writes. Writers of all processes take turns.
    """

    def __init__(self, folder: Path, embedder: Embedder, limits: Limits) -> None:
        self.folder, self._embedder, self._limits = folder, embedder, limits
        self._segments = folder / SEGMENTS
        self._database = Database(folder / DATABASE, limits.wait_s)
        self._views = Views(self._database, self._segments, limits)
        self._ingest = Ingest(self._database, self._segments, embedder, limits, self._views.vectors)

    @classmethod
    def create(cls, folder: Path, embedder: Embedder, limits: Limits = DEFAULTS) -> Store:
        """Open the store of a folder; an empty one is made where there is none.

        Raises:
            EmbedderMismatchError: another embedder made its vectors.
            StoreDamagedError: it is not what was written.
        """
        (folder / SEGMENTS).mkdir(parents=True, exist_ok=True)
        store = cls(folder, embedder, limits)
        with store._database.writing() as connection:
            create(connection, embedder.name, embedder.dimensions)
        return store._checked()

    @classmethod
    def open(cls, folder: Path, embedder: Embedder, limits: Limits = DEFAULTS) -> Store:
        """Open the store of a folder.

        Raises:
            StoreMissingError: there is none.
            EmbedderMismatchError: another embedder made its vectors.
            StoreDamagedError: it is not what was written.
        """
        if not (folder / DATABASE).is_file():
            raise StoreMissingError(f"{folder.name!r} holds no store; create one there.")
        return cls(folder, embedder, limits)._checked()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of files and memory."""
        self._database.close()
        self._views.forget()

    def put(self, files: Sequence[NewFile], *, replace: Literal["id", "name"] = "id") -> None:
        """Add files, all or none; each replaces the file of its id, or all files of its name too.

        Texts that were embedded before are not embedded again, also when an earlier put was cut off.

        Raises:
            InvalidFileError: spans outside the text, or attributes that cannot be stored.
            StoreBusyError, StoreFullError: nothing was put.
        """
        self._ingest.put(files, by_name=replace == "name")

    def delete(self, ids: Sequence[str]) -> None:
        """Delete files, all or none.

        Raises:
            UnknownFileError: there is none of one of the ids.
        """
        with self._database.writing() as connection:
            generation = advance(connection)
            for id in ids:
                removed = rows.remove_file(connection, id, generation)
                if removed is None:
                    raise UnknownFileError(f"The store has no file {id!r}; nothing was deleted.")
                bury(connection, removed.passages)

    def set_attributes(self, id: str, attributes: Attributes) -> StoredFile:
        """Give a file other attributes than it had.

        Raises:
            UnknownFileError: there is none of that id.
            InvalidFileError: the attributes cannot be stored.
        """
        check_attributes(attributes)
        with self._database.writing() as connection:
            rows.set_attributes(connection, id, attributes)
            advance(connection)
            return rows.read_file(connection, id)

    def file(self, id: str) -> StoredFile:
        """A file.

        Raises:
            UnknownFileError: there is none of that id.
        """
        with self._database.reading() as connection:
            return rows.read_file(connection, id)

    def files(self, content_hash: str | None = None) -> list[StoredFile]:
        """All files, those put last at the end; or those made of the bytes with that hash."""
        with self._database.reading() as connection:
            if content_hash is not None:
                return rows.files_of_hash(connection, content_hash)
            return rows.read_files(connection)

    def chunks(self, id: str) -> list[StoredChunk]:
        """The chunks of a file, in order.

        Raises:
            UnknownFileError: there is none of that id.
        """
        with self._database.reading() as connection:
            return rows.read_chunks(connection, id)

    def text(self, id: str, start: int = 0, end: int | None = None) -> str:
        """The text of a file, or a span of it.

        Raises:
            UnknownFileError: there is none of that id.
        """
        with self._database.reading() as connection:
            number = rows.number_of(connection, id)
            stop = rows.read_file(connection, id).characters if end is None else end
            return read_text(connection, number, start, stop)

    def search(
        self,
        texts: str | Sequence[str],
        k: int = 10,
        *,
        mode: Mode = "hybrid",
        filters: Filter | None = None,
        threshold: float | None = None,
    ) -> list[Found]:
        """The best chunks for a question, or for several ways to ask it, best first; at most k.

        `lexical` finds only chunks that share a word with a question, so perhaps none.
        """
        query = Query((texts,) if isinstance(texts, str) else tuple(texts), k, mode, filters, threshold)
        if not query.texts or k < 1:
            return []
        vectors = self._queries(query)
        with self._views.searcher() as searcher:
            return searcher.search(query, vectors)

    def fit(self, labelled: Mapping[str, frozenset[str]]) -> FittedWeight:
        """Learn how much words count in hybrid searches, from questions and the files that answer them.

        Raises:
            TooFewLabelsError: fewer than 20 questions.
        """
        vectors = self._embedder.embed(list(labelled)) if labelled else ()
        with self._views.searcher() as searcher:
            judged = [
                _judged(searcher, question, vector, relevant)
                for (question, relevant), vector in zip(labelled.items(), vectors, strict=True)
            ]
        fitted = fit_weight(judged)
        with self._database.writing() as connection:
            connection.execute("UPDATE store SET lexical_weight = ?", (fitted.lexical_weight,))
            advance(connection)
        return fitted

    def compact(self) -> Compacted:
        """Merge small and worn segments, drop what is dead, make lost caches and due indexes.

        Worth calling after a batch of puts or deletes, and after opening a store whose caches were lost.

        Raises:
            StoreBusyError: another compaction runs.
            StoreDamagedError, StoreFullError: the store is as it was.
        """
        with alone(self.folder):
            return compact(self._database, self._segments, self._limits)

    def stats(self) -> Stats:
        """Sizes, kinds of index and their measured recall."""
        with self._views.searcher() as searcher:
            return gather(searcher.connection, searcher.view, self.folder)

    def verify(self) -> None:
        """Read and compare everything; takes a while.

        Raises:
            StoreDamagedError: something that cannot be rebuilt is not what was written.
        """
        with self._database.reading() as connection:
            verify(connection, self._segments)

    def _checked(self) -> Store:
        try:
            self._upgrade()
            with self._database.reading() as connection:
                now = facts(connection)
            if (now.embedder, now.dimensions) != (self._embedder.name, self._embedder.dimensions):
                raise EmbedderMismatchError(
                    f"{self.folder.name!r} was embedded by {now.embedder!r}, not {self._embedder.name!r}; "
                    "open it with that one or ingest its files into a new store."
                )
            with self._views.searcher():
                return self
        except BaseException:
            self.close()
            raise

    def _upgrade(self) -> None:
        with self._database.reading() as connection:
            due = is_of_format_2(connection)
        if due:
            with self._database.writing() as connection:
                upgrade(connection)

    def _queries(self, query: Query) -> Vectors:
        if query.mode == "lexical":
            return np.empty((0, self._embedder.dimensions), np.float32)
        return self._embedder.embed(query.texts)


def _judged(searcher: Searcher, question: str, vector: Vectors, relevant: frozenset[str]) -> Judged:
    dense, lexical = searcher.pair(question, vector)
    owners = {number: searcher.owners(number) for number, _ in [*dense, *lexical]}
    return Judged(dense, lexical, owners, relevant)
