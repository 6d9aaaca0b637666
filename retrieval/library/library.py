"""A store with what it takes to fill it from files: each file succeeds or fails alone."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, Self

from retrieval.embedder import Embedder
from retrieval.extraction import ExtractionError, Extractor
from retrieval.library.upload import Added, FileError, Upload, read_upload, usage_bytes
from retrieval.library.watched_embedder import Watch, WatchedEmbedder
from retrieval.store.errors import InvalidFileError, StoreBusyError, StoreError, UnknownFileError
from retrieval.store.limits import DEFAULTS, Limits
from retrieval.store.records import NewFile
from retrieval.store.store import Store

FILE_SECONDS = 1800.0
READ_SECONDS = 120.0
BATCH_CHUNKS = 256
BATCH_FILES = 32
"""Files are put together up to these sizes: one transaction, and little padding when they are embedded."""
Replace = Literal["id", "name"]


class _Late(Exception):  # noqa: N818 - never leaves this module
    """The time for a batch is over."""


class Library:
    """The store of a folder, made where there is none, and files going into it.

    Args:
        folder: where the store lies.
        embedder: makes the vectors.
        extractor: reads the files.
        seconds: time for a file; one that takes longer fails.
        watch: told how many windows were embedded, may raise to end the work.

    """

    def __init__(
        self,
        folder: Path,
        embedder: Embedder,
        extractor: Extractor,
        *,
        seconds: float = FILE_SECONDS,
        watch: Watch = lambda embedded: None,
        limits: Limits = DEFAULTS,
    ) -> None:
        self._embedder = WatchedEmbedder(embedder, self._look)
        self._extractor, self._seconds, self._watch = extractor, seconds, watch
        self._deadline = float("inf")
        self.store = Store.create(folder, self._embedder, limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store; the extractor is the caller's."""
        self.store.close()

    def add(self, uploads: Iterable[Upload], replace: Replace = "id") -> Iterator[Added]:
        """Read, cut, embed and put files, and tell what became of each as soon as that is certain.

        A file takes the place of the one of its id, or of all of its name. Windows that were embedded
        before are not embedded again. What `watch` raises comes through; nothing half done can be found.
        """
        batch: list[NewFile] = []
        for upload in uploads:
            try:
                file = self._read(upload)
            except ExtractionError as error:
                yield Added(upload.id, FileError(error.code, str(error)))
                continue
            batch.append(file)
            if _is_full(batch):
                yield from self._put(batch, replace)
                batch = []
        if batch:
            yield from self._put(batch, replace)

    def remove(self, ids: Sequence[str]) -> None:
        """Delete those of some files that are there."""
        self.store.delete([id for id in ids if self._holds(id)])

    def tidy(self) -> None:
        """Compact the store as far as that is due, unless somebody else does."""
        with suppress(StoreBusyError):
            self.store.compact()

    def _holds(self, id: str) -> bool:
        try:
            self.store.file(id)
        except UnknownFileError:
            return False
        return True

    def _read(self, upload: Upload) -> NewFile:
        return read_upload(upload, self._extractor, self._embedder, min(READ_SECONDS, self._seconds))

    def _put(self, batch: Sequence[NewFile], replace: Replace) -> list[Added]:
        self._deadline = time.monotonic() + self._seconds
        try:
            self.store.put(batch, replace=replace)
        except (_Late, StoreError) as error:
            if len(batch) == 1:
                return [Added(batch[0].id, self._reason(error))]
            return [added for file in batch for added in self._put([file], replace)]
        finally:
            self._deadline = float("inf")
        return [self._added(file) for file in batch]

    def _added(self, file: NewFile) -> Added:
        usage = usage_bytes(file, self._embedder.dimensions)
        return Added(file.id, None, len(file.chunks), len(file.text), usage)

    def _reason(self, error: Exception) -> FileError:
        if isinstance(error, _Late):
            message = (
                f"The file took longer than {self._seconds:.0f} s to embed; split it into smaller files."
            )
            return FileError("server_error", message)
        return FileError(
            "invalid_file" if isinstance(error, InvalidFileError) else "server_error", str(error)
        )

    def _look(self, embedded: int) -> None:
        self._watch(embedded)
        if time.monotonic() > self._deadline:
            raise _Late


def _is_full(batch: Sequence[NewFile]) -> bool:
    return len(batch) >= BATCH_FILES or sum(len(file.chunks) for file in batch) >= BATCH_CHUNKS
