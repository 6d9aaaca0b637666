"""Files of vector stores as clients wish them; a job makes the wishes come true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from service.errors import TooBusy
from service.storage.clock import now
from service.storage.pages import Cursor, Page, read_page
from service.storage.tables import file_batches, vector_store_files
from service.storage.vector_store import Batch, Member, NewMember, Shown, State, Tally, Value

COLUMNS = tuple(Member.__slots__)
SEEN = vector_store_files.c.status != "removing"
MOST_WAITING = 20_000
SHOWN: dict[State, Shown] = {
    "in_progress": "in_progress",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
    "cancelling": "cancelled",
    "removing": "cancelled",
}


class VectorStoreFiles:
    """Files by vector store and id."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def add(self, store_id: str, files: Sequence[NewMember]) -> None:
        """Put files into a vector store, all or none; one that is there as it is wished stays as it is.

        Raises:
            TooBusy: too many files wait already.
        """
        with self._database.begin() as connection:
            _add_all(connection, store_id, files, None)

    def add_batch(self, store_id: str, files: Sequence[NewMember]) -> Batch:
        """The same as a batch.

        Raises:
            TooBusy: too many files wait already.
        """
        made = Batch(f"vsfb_{uuid4().hex}", store_id, now(), cancelled=False)
        with self._database.begin() as connection:
            connection.execute(insert(file_batches).values(**asdict(made)))
            _add_all(connection, store_id, files, made.id)
        return made

    def get(self, store_id: str, file_id: str) -> Member | None:
        """A file that was not removed."""
        where = (vector_store_files.c.vector_store_id == store_id, vector_store_files.c.id == file_id, SEEN)
        with self._database.connect().execution_options(read_only=True) as connection:
            row = connection.execute(select(vector_store_files).where(*where)).first()
        return member(row) if row else None

    def page(
        self, store_id: str, cursor: Cursor, status: str | None, batch_id: str | None = None
    ) -> Page[Member]:
        """A part of the list."""
        table = vector_store_files.c
        where = [table.batch_id == batch_id if batch_id else table.vector_store_id == store_id, SEEN]
        if status:
            where.append(table.status.in_(_shown_as(status)))
        with self._database.connect().execution_options(read_only=True) as connection:
            rows, more = read_page(connection, vector_store_files, where, cursor)
        return Page(tuple(member(row) for row in rows), more)

    def tallies(self, store_ids: Sequence[str]) -> dict[str, Tally]:
        """How the files of each vector store fare."""
        return self._tallies(vector_store_files.c.vector_store_id, store_ids)

    def batch_tally(self, batch_id: str) -> Tally:
        """How the files of a batch fare."""
        return self._tallies(vector_store_files.c.batch_id, [batch_id])[batch_id]

    def batch(self, store_id: str, batch_id: str) -> Batch | None:
        """A batch of a vector store."""
        table = file_batches.c
        query = select(table.id, table.vector_store_id, table.created_at, table.cancelled)
        with self._database.connect().execution_options(read_only=True) as connection:
            row = connection.execute(
                query.where(table.id == batch_id, table.vector_store_id == store_id)
            ).first()
        return Batch(*row) if row else None

    def cancel(self, batch_id: str) -> None:
        """Give up the files of a batch that are not done."""
        waiting = vector_store_files.c.status == "in_progress"
        with self._database.begin() as connection:
            connection.execute(
                update(file_batches).where(file_batches.c.id == batch_id).values(cancelled=True)
            )
            connection.execute(
                update(vector_store_files)
                .where(vector_store_files.c.batch_id == batch_id, waiting)
                .values(status="cancelling")
            )

    def containing(self, file_id: str) -> list[Member]:
        """An uploaded file in all vector stores."""
        query = select(vector_store_files).where(vector_store_files.c.id == file_id, SEEN)
        with self._database.connect().execution_options(read_only=True) as connection:
            return [member(row) for row in connection.execute(query)]

    def set_attributes(self, seen: Member, attributes: Mapping[str, Value]) -> bool:
        """Give a file other attributes; False where it changed since it was seen."""
        values = {"attributes": dict(attributes), "revision": seen.revision + 1}
        with self._database.begin() as connection:
            changed = connection.execute(update(vector_store_files).where(*unchanged(seen)).values(**values))
            return changed.rowcount == 1

    def remove(self, seen: Member) -> bool:
        """Take a file out; False where it changed since it was seen."""
        with self._database.begin() as connection:
            if seen.status in ("in_progress", "cancelling"):
                gone = connection.execute(
                    update(vector_store_files).where(*unchanged(seen)).values(status="removing")
                )
            else:
                gone = connection.execute(delete(vector_store_files).where(*unchanged(seen)))
            return gone.rowcount == 1

    def _tallies(self, column: Any, ids: Sequence[str]) -> dict[str, Tally]:
        table = vector_store_files.c
        query = select(column, table.status, func.count(), func.sum(table.usage_bytes))
        query = query.where(column.in_(ids), SEEN).group_by(column, table.status)
        counts: dict[str, dict[str, int]] = {id: {} for id in ids}
        with self._database.connect().execution_options(read_only=True) as connection:
            for id, status, files, usage in connection.execute(query):
                mine, shown = counts[id], shown_status(status)
                mine[shown] = mine.get(shown, 0) + files
                mine["usage_bytes"] = mine.get("usage_bytes", 0) + usage
        return {id: Tally(**mine) for id, mine in counts.items()}


def shown_status(status: State) -> Shown:
    """OpenAI's word for a state."""
    return SHOWN[status]


def member(row: Row[Any]) -> Member:
    """A row as plain data."""
    return Member(**{name: getattr(row, name) for name in COLUMNS})


def unchanged(seen: Member) -> tuple[Any, ...]:
    """Where a file is as it was when it was seen."""
    table = vector_store_files.c
    return (
        table.vector_store_id == seen.vector_store_id,
        table.id == seen.id,
        table.status == seen.status,
        table.revision == seen.revision,
    )


def _shown_as(status: str) -> tuple[str, ...]:
    return ("cancelled", "cancelling") if status == "cancelled" else (status,)


def _check_room(connection: Connection, more: int) -> None:
    waiting = vector_store_files.c.status == "in_progress"
    query = select(func.count()).select_from(vector_store_files).where(waiting)
    if (connection.scalar(query) or 0) + more > MOST_WAITING:
        raise TooBusy(
            f"{MOST_WAITING:,} files wait to be ingested, the limit of this server; try again later."
        )


def _add_all(connection: Connection, store_id: str, files: Sequence[NewMember], batch_id: str | None) -> None:
    _check_room(connection, len(files))
    for file in files:
        _add(connection, store_id, file, batch_id)


def _add(connection: Connection, store_id: str, new: NewMember, batch_id: str | None) -> None:
    wish = asdict(new)
    file_id = wish.pop("file_id")
    where = (vector_store_files.c.vector_store_id == store_id, vector_store_files.c.id == file_id)
    row = connection.execute(select(vector_store_files).where(*where)).first()
    if row is None:
        place = {"id": file_id, "vector_store_id": store_id, "batch_id": batch_id, "created_at": now()}
        connection.execute(insert(vector_store_files).values(status="in_progress", **place, **wish))
        return
    found = member(row)
    values: dict[str, Any] = {"batch_id": batch_id}
    granted = found.status in ("in_progress", "completed")
    if not granted or any(getattr(found, name) != value for name, value in wish.items()):
        values |= wish | {"status": "in_progress", "revision": found.revision + 1, "attempts": 0}
        values |= {"error_code": None, "error_message": None, "usage_bytes": 0}
    connection.execute(update(vector_store_files).where(*where).values(**values))
