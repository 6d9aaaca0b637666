"""Uploaded files: what is known of them in the database, their bytes beside it under ids of our own."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, insert, select

from service.errors import DiskFull
from service.storage.clock import now
from service.storage.pages import Cursor, Page, read_page
from service.storage.tables import files

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One uploaded file."""

    id: str
    created_at: int
    filename: str
    """As the client called it; never used as a path."""
    purpose: str
    bytes: int
    sha256: str
    expires_at: int | None = None


class FileStore:
    """Files by id."""

    def __init__(self, database: Engine, folder: Path) -> None:
        self._database = database
        self._folder = folder

    def create(
        self,
        source: BinaryIO,
        filename: str,
        purpose: str,
        sha256: str,
        window: int,
        lifetime: int | None = None,
    ) -> StoredFile:
        """Keep a file; the same upload within `window` seconds gives the first one back.

        Raises:
            DiskFull: nothing was kept.
        """
        file_id, created_at = f"file-{uuid4().hex}", now()
        # Before the transaction: others may write to the database while a large file goes to the disk.
        size = _write(source, self._folder / file_id)
        expires_at = None if lifetime is None else created_at + lifetime
        stored = StoredFile(file_id, created_at, filename, purpose, size, sha256, expires_at)
        with self._database.begin() as connection:
            twin = _twin(connection, filename, purpose, sha256, created_at - window)
            if twin and lifetime == (twin.expires_at and twin.expires_at - twin.created_at):
                self.path(stored).unlink()
                return twin
            connection.execute(insert(files).values(**_columns(stored)))
        return stored

    def get(self, file_id: str) -> StoredFile | None:
        """What is known of a file."""
        with self._database.connect().execution_options(read_only=True) as connection:
            row = connection.execute(select(files).where(files.c.id == file_id, _alive())).first()
        return _file(row) if row else None

    def path(self, file: StoredFile) -> Path:
        """Where its bytes lie."""
        return self._folder / file.id

    def read(self, file_id: str) -> bytes | None:
        """The bytes of a file, if it is there."""
        file = self.get(file_id)
        try:
            return self.path(file).read_bytes() if file else None
        except FileNotFoundError:
            return None

    def page(self, cursor: Cursor, purpose: str | None) -> Page[StoredFile]:
        """A part of the list."""
        where = [_alive(), *([files.c.purpose == purpose] if purpose else [])]
        with self._database.connect().execution_options(read_only=True) as connection:
            rows, more = read_page(connection, files, where, cursor)
        return Page(tuple(_file(row) for row in rows), more)

    def delete(self, file_id: str) -> bool:
        """Forget a file; False where there is none."""
        with self._database.begin() as connection:
            gone = connection.execute(delete(files).where(files.c.id == file_id)).rowcount == 1
        if gone:
            (self._folder / file_id).unlink(missing_ok=True)
        return gone

    def sweep(self) -> None:
        """Remove what uploads and deletions that were broken off left behind; only while nobody uploads."""
        with self._database.connect().execution_options(read_only=True) as connection:
            known = set(connection.scalars(select(files.c.id)))
        for path in self._folder.glob("*"):
            if path.name not in known:
                path.unlink()

    def drop_expired(self) -> None:
        """Delete the files whose time is over."""
        with self._database.connect().execution_options(read_only=True) as connection:
            over = list(connection.scalars(select(files.c.id).where(files.c.expires_at <= now())))
        for file_id in over:
            self.delete(file_id)


def _alive() -> ColumnElement[bool]:
    return files.c.expires_at.is_(None) | (files.c.expires_at > now())


def _twin(connection: Connection, filename: str, purpose: str, sha256: str, since: int) -> StoredFile | None:
    row = connection.execute(
        select(files)
        .where(
            files.c.sha256 == sha256,
            files.c.filename == filename,
            files.c.purpose == purpose,
            files.c.created_at > since,
            _alive(),
        )
        .order_by(files.c.position.desc())
    ).first()
    return _file(row) if row else None


def _write(source: BinaryIO, target: Path) -> int:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    try:
        with partial.open("wb") as sink:
            while block := source.read(1 << 20):
                sink.write(block)
            sink.flush()
            os.fsync(sink.fileno())
            size = sink.tell()
    except OSError as error:
        partial.unlink(missing_ok=True)
        if error.errno in FULL:
            raise DiskFull("The server's disk did not take the file; free some space there.") from error
        raise
    partial.replace(target)
    return size


def _columns(file: StoredFile) -> dict[str, Any]:
    return {name: getattr(file, name) for name in StoredFile.__slots__}


def _file(row: Row[Any]) -> StoredFile:
    return StoredFile(**{name: getattr(row, name) for name in StoredFile.__slots__})
