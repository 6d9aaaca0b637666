"""Ingestion: makes vector stores hold what the tables say, and tells the tables how that went.

Whatever is interrupted is begun again; files that were embedded before cost nothing then.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from retrieval.embedder import Embedder
from retrieval.errors import RetrievalError
from retrieval.extraction import Extractor
from retrieval.library.library import BATCH_FILES, Library
from retrieval.library.upload import Added, Upload
from retrieval.parents import StaticStrategy
from retrieval.store.errors import StoreBusyError
from service.storage.data_dir import DataDir
from service.storage.vector_store import Member

log = logging.getLogger(__name__)
ATTEMPTS = 5
"""Starts of a file's ingestion; if the process died in all of them, the file fails."""
WORN = f"The process that read the file died {ATTEMPTS} times; split it into smaller files."
GONE = "The file was deleted before it was read; upload it again."


class _Interrupted(Exception):  # noqa: N818 - never leaves this module
    """Nobody wants any more what is being embedded, or the job must end."""


class Ingestion:
    """Does what is to be done, one step at a time.

    Args:
        data: where the tables, the files and the stores are.
        embedder: makes the vectors.
        extractor: reads the files.
        file_seconds: time for a file; one that takes longer fails.
        stop: whether to end soon.

    """

    def __init__(
        self,
        data: DataDir,
        embedder: Embedder,
        extractor: Extractor,
        file_seconds: float,
        stop: Callable[[], bool],
    ) -> None:
        self._data, self._queue = data, data.ingestion
        self._embedder, self._extractor, self._file_seconds = embedder, extractor, file_seconds
        self._stop = stop
        self._library: Library | None = None
        self._worn = False
        """Whether the open library was written to since it was compacted."""
        self._store_id = ""
        self._begun: Sequence[Member] = ()

    def step(self) -> bool:
        """Do something, unless there is nothing to do."""
        return self._empty_stores() or self._let_go() or self._ingest() or self._tidy()

    def close(self) -> None:
        """Let go of the store that is open."""
        if self._library:
            self._library.close()
        self._library, self._store_id, self._worn = None, "", False

    def _empty_stores(self) -> bool:
        over = self._queue.removed_stores() + self._queue.expired_stores()
        for store_id in over:
            if store_id == self._store_id:
                self.close()
            shutil.rmtree(self._data.library(store_id), ignore_errors=True)
            self._queue.empty(store_id)
        return bool(over)

    def _let_go(self) -> bool:
        leaving = self._queue.leaving()
        for store_id, members in groupby(leaving, key=lambda member: member.vector_store_id):
            gone = list(members)
            try:
                self._opened(store_id).remove([member.id for member in gone])
            except StoreBusyError:
                continue
            except RetrievalError:
                log.exception("%s cannot be opened, so nobody finds anything in it", store_id)
            for member in gone:
                self._queue.left(member)
        return bool(leaving)

    def _ingest(self) -> bool:
        members = self._queue.take(BATCH_FILES)
        for by_name, some in groupby(members, key=lambda member: member.replaces_name):
            self._begun = list(some)
            try:
                self._add(self._begun, by_name=by_name)
            except _Interrupted:
                break
            except RetrievalError as error:
                for member in self._begun:
                    self._queue.fail(member, "server_error", str(error))
        return bool(members)

    def _add(self, members: Sequence[Member], *, by_name: bool) -> None:
        library = self._opened(members[0].vector_store_id)
        known = {member.id: member for member in members}
        self._worn = True
        for added in library.add(self._uploads(members), "name" if by_name else "id"):
            self._record(library, known[added.upload_id], added)

    def _record(self, library: Library, member: Member, added: Added) -> None:
        if added.error:
            library.remove([member.id])
            self._queue.fail(member, added.error.code, added.error.message)
        else:
            self._queue.complete(member, added.usage_bytes)

    def _uploads(self, members: Sequence[Member]) -> Iterator[Upload]:
        for member in members:
            if member.attempts >= ATTEMPTS:
                self._queue.fail(member, "server_error", WORN)
            elif (data := self._data.files.read(member.id)) is None:
                self._queue.fail(member, "invalid_file", GONE)
            else:
                strategy = StaticStrategy(member.max_chunk_size_tokens, member.chunk_overlap_tokens)
                yield Upload(member.id, member.filename, data, member.attributes, strategy)

    def _opened(self, store_id: str) -> Library:
        if self._library is None or store_id != self._store_id:
            self._tidy()
            self.close()
            folder, seconds = self._data.library(store_id), self._file_seconds
            self._library = Library(
                folder, self._embedder, self._extractor, seconds=seconds, watch=self._look
            )
            self._store_id = store_id
        return self._library

    def _tidy(self) -> bool:
        if self._library is None or not self._worn:
            return False
        self._worn = False
        try:
            self._library.tidy()
        except RetrievalError:
            log.exception("%s was not compacted", self._store_id)
        return True

    def _look(self, _embedded: int) -> None:
        if self._stop() or not any(map(self._queue.wanted, self._begun)):
            raise _Interrupted
