"""What an ingestion job has to do, read from the tables, and how it tells that it is done."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, Select, delete, exists, or_, select, update

from service.storage.clock import now
from service.storage.tables import vector_store_files, vector_stores
from service.storage.vector_store import DAY_SECONDS, Member, State
from service.storage.vector_store_files import member, unchanged

files, stores = vector_store_files.c, vector_stores.c
UNSETTLED: tuple[State, ...] = ("in_progress", "cancelling", "removing")


class IngestionQueue:
    """The files that are not as clients wish them."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def has_work(self) -> bool:
        """Whether there is anything to do."""
        unsettled = select(files.id).where(files.status.in_(UNSETTLED))
        with self._database.connect().execution_options(read_only=True) as connection:
            return bool(connection.scalar(select(or_(*map(exists, (unsettled, _removed(), _expired()))))))

    def removed_stores(self) -> list[str]:
        """Vector stores that were deleted, but for their folders."""
        return self._ids(_removed())

    def expired_stores(self) -> list[str]:
        """Vector stores whose time is over and that still hold files."""
        return self._ids(_expired())

    def empty(self, store_id: str) -> None:
        """Forget the files of a vector store whose folder is gone, and itself where it was deleted."""
        with self._database.begin() as connection:
            connection.execute(delete(vector_store_files).where(files.vector_store_id == store_id))
            connection.execute(delete(vector_stores).where(stores.id == store_id, stores.removed))

    def leaving(self) -> list[Member]:
        """Files that were cancelled or removed, whose content may still be there."""
        return self._members(select(vector_store_files).where(files.status.in_(("cancelling", "removing"))))

    def left(self, gone: Member) -> None:
        """Their content is gone."""
        with self._database.begin() as connection:
            if gone.status == "removing":
                connection.execute(delete(vector_store_files).where(*unchanged(gone)))
            else:
                connection.execute(
                    update(vector_store_files).where(*unchanged(gone)).values(status="cancelled")
                )

    def take(self, most: int) -> list[Member]:
        """The files to ingest next, of one vector store; what was begun before is taken alone.

        Oldest first, but what was never begun before what was: a file that kills its reader stops nobody.
        """
        waiting = select(vector_store_files).where(files.status == "in_progress")
        order = (files.attempts, files.position)
        with self._database.begin() as connection:
            first = connection.execute(waiting.order_by(*order).limit(1)).first()
            if first is None:
                return []
            same = waiting.where(
                files.vector_store_id == first.vector_store_id, files.attempts == first.attempts
            )
            rows = connection.execute(same.order_by(*order).limit(1 if first.attempts else most)).all()
            begun = files.position.in_([row.position for row in rows])
            connection.execute(update(vector_store_files).where(begun).values(attempts=files.attempts + 1))
            return [member(row) for row in rows]

    def complete(self, done: Member, usage_bytes: int) -> None:
        """It can be found, alone of its name if that was wished; nothing where the wish changed since."""
        values = {"status": "completed", "usage_bytes": usage_bytes}
        twins = (
            files.vector_store_id == done.vector_store_id,
            files.filename == done.filename,
            files.id != done.id,
        )
        with self._database.begin() as connection:
            settled = connection.execute(update(vector_store_files).where(*unchanged(done)).values(**values))
            if settled.rowcount and done.replaces_name:
                connection.execute(delete(vector_store_files).where(*twins, files.status.not_in(UNSETTLED)))

    def fail(self, done: Member, code: str, message: str) -> None:
        """It cannot be found; nothing where the wish changed since."""
        values = {"status": "failed", "error_code": code, "error_message": message, "usage_bytes": 0}
        with self._database.begin() as connection:
            connection.execute(update(vector_store_files).where(*unchanged(done)).values(**values))

    def wanted(self, begun: Member) -> bool:
        """Whether a file is still wished as it was when it was taken."""
        query = select(exists(select(files.id).where(*unchanged(begun))))
        with self._database.connect().execution_options(read_only=True) as connection:
            return bool(connection.scalar(query))

    def _ids(self, query: Select[Any]) -> list[str]:
        with self._database.connect().execution_options(read_only=True) as connection:
            return list(connection.scalars(query))

    def _members(self, query: Select[Any]) -> list[Member]:
        with self._database.connect().execution_options(read_only=True) as connection:
            return [member(row) for row in connection.execute(query)]


def _removed() -> Select[Any]:
    return select(stores.id).where(stores.removed)


def _expired() -> Select[Any]:
    held = exists(select(files.id).where(files.vector_store_id == stores.id))
    over = stores.last_active_at + stores.expires_after_days * DAY_SECONDS <= now()
    return select(stores.id).where(over, held)
