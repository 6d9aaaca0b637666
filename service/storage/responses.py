"""Responses that were given: kept for a month, so that they can be looked up and continued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, delete, insert, select

from generation.messages import Message
from service.storage.clock import now
from service.storage.tables import responses

KEPT_SECONDS = 30 * 86_400


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """A response and what was said for it."""

    id: str
    previous_id: str | None
    turns: tuple[Message, ...]
    """Its input alone, without the turns before."""
    response: dict[str, Any]
    """As the API tells it, with the passages found."""

    @property
    def said(self) -> list[Message]:
        """Input and output, as a later request continues them."""
        texts = [
            part["text"]
            for item in self.response["output"]
            if item["type"] == "message"
            for part in item["content"]
        ]
        return [*self.turns, *(Message("assistant", text) for text in texts)]


class ResponseStore:
    """Responses by id."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def keep(self, stored: StoredResponse) -> None:
        """Keep a response; those that are a month old go."""
        with self._database.begin() as connection:
            connection.execute(delete(responses).where(responses.c.created_at < now() - KEPT_SECONDS))
            connection.execute(
                insert(responses).values(
                    id=stored.id,
                    created_at=now(),
                    previous_id=stored.previous_id,
                    turns=[turn.as_dict() for turn in stored.turns],
                    response=stored.response,
                )
            )

    def get(self, response_id: str) -> StoredResponse | None:
        """A response."""
        with self._database.connect().execution_options(read_only=True) as connection:
            row = connection.execute(select(responses).where(responses.c.id == response_id)).first()
        if row is None:
            return None
        turns = tuple(Message(**turn) for turn in row.turns)
        return StoredResponse(row.id, row.previous_id, turns, row.response)

    def chain(self, response_id: str) -> Sequence[StoredResponse] | str:
        """A response after all those that it continued; or the id of the one that is missing."""
        found: list[StoredResponse] = []
        wanted: str | None = response_id
        while wanted is not None:
            stored = self.get(wanted)
            if stored is None:
                return wanted
            found.append(stored)
            wanted = stored.previous_id
        return found[::-1]

    def delete(self, response_id: str) -> bool:
        """Forget a response; False where there is none."""
        with self._database.begin() as connection:
            return connection.execute(delete(responses).where(responses.c.id == response_id)).rowcount == 1
