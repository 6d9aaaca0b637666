"""One page of a list, the way OpenAI's clients walk through it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from sqlalchemy import Connection, Row, Table, select
from sqlalchemy.sql.elements import ColumnElement

from service.errors import InvalidRequest

Order = Literal["asc", "desc"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Which part of a list is asked for."""

    limit: int = 20
    after: str | None = None
    before: str | None = None
    order: Order = "desc"
    """By creation; desc is newest first."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items, and whether more follow."""

    items: tuple[T, ...]
    has_more: bool


def read_page(
    connection: Connection, table: Table, where: Sequence[ColumnElement[bool]], cursor: Cursor
) -> tuple[list[Row[Any]], bool]:
    """Rows of one page, in the cursor's order.

    Raises:
        InvalidRequest: `after` or `before` is no item of the list.

    """
    position = table.c.position
    descending = (cursor.order == "desc") != (cursor.before is not None)
    query = select(table).where(*where)
    for name, edge in (("after", cursor.after), ("before", cursor.before)):
        if edge is not None:
            at = _position_of(connection, table, where, edge, name)
            query = query.where(position < at if descending else position > at)
    query = query.order_by(position.desc() if descending else position.asc()).limit(cursor.limit + 1)
    rows = list(connection.execute(query))
    kept = rows[: cursor.limit]
    return (kept[::-1] if cursor.before is not None else kept), len(rows) > cursor.limit


def _position_of(
    connection: Connection, table: Table, where: Sequence[ColumnElement[bool]], edge: str, name: str
) -> int:
    found = connection.scalar(select(table.c.position).where(table.c.id == edge, *where))
    if found is None:
        raise InvalidRequest(f"{name}: there is no item {edge!r} in this list; take an id from it.", name)
    return int(found)
