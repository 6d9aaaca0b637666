"""Vector stores: who they are; what can be found in them lies in their folders."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, Row, insert, select, update

from service.errors import KeyReused
from service.storage.clock import now
from service.storage.pages import Cursor, Page, read_page
from service.storage.tables import vector_stores
from service.storage.vector_store import VectorStore

COLUMNS = tuple(VectorStore.__slots__)
REST_SECONDS = 60
"""Use is noted at most this often, so that searches hardly ever write."""


class VectorStores:
    """Vector stores by id."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def create(self, values: dict[str, Any], body_hash: str, key: str | None) -> tuple[VectorStore, bool]:
        """Make a vector store, and tell whether it is new: the same Idempotency-Key gives the first one back.

        Raises:
            KeyReused: the Idempotency-Key came with another body before.
        """
        with self._database.begin() as connection:
            if twin := _twin(connection, body_hash, key):
                return twin, False
            made = VectorStore(id=f"vs_{uuid4().hex}", created_at=now(), last_active_at=now(), **values)
            columns = {name: getattr(made, name) for name in COLUMNS}
            connection.execute(
                insert(vector_stores).values(**columns, body_hash=body_hash, idempotency_key=key)
            )
            return made, True

    def get(self, store_id: str) -> VectorStore | None:
        """A vector store that was not deleted."""
        query = select(vector_stores).where(vector_stores.c.id == store_id, ~vector_stores.c.removed)
        with self._database.connect().execution_options(read_only=True) as connection:
            row = connection.execute(query).first()
        return _store(row) if row else None

    def page(self, cursor: Cursor) -> Page[VectorStore]:
        """A part of the list."""
        with self._database.connect().execution_options(read_only=True) as connection:
            rows, more = read_page(connection, vector_stores, [~vector_stores.c.removed], cursor)
        return Page(tuple(_store(row) for row in rows), more)

    def update(self, store_id: str, values: dict[str, Any]) -> None:
        """Change some of its columns."""
        with self._database.begin() as connection:
            connection.execute(
                update(vector_stores)
                .where(vector_stores.c.id == store_id)
                .values({"last_active_at": now()} | values)
            )

    def note_use(self, store: VectorStore) -> None:
        """Put off its expiry."""
        if store.last_active_at < now() - REST_SECONDS:
            self.update(store.id, {})

    def remove(self, store_id: str) -> None:
        """Nobody sees it any more; its folder goes later."""
        self.update(store_id, {"removed": True})


def _twin(connection: Connection, body_hash: str, key: str | None) -> VectorStore | None:
    if key is None:
        return None
    row = connection.execute(select(vector_stores).where(vector_stores.c.idempotency_key == key)).first()
    if row is not None and row.body_hash != body_hash:
        raise KeyReused(
            "This Idempotency-Key came with another body before; send a new key, or the same body.",
            "Idempotency-Key",
        )
    return _store(row) if row else None


def _store(row: Row[Any]) -> VectorStore:
    return VectorStore(**{name: getattr(row, name) for name in COLUMNS})
