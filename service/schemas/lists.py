"""OpenAI's list envelope and the query that walks through it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Generic, Literal, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from service.storage.pages import Cursor, Page


class Identified(BaseModel):
    """Anything with an id."""

    id: str


T = TypeVar("T", bound=Identified)
Item = TypeVar("Item")


class ListOf(BaseModel, Generic[T]):
    """One page."""

    object: Literal["list"] = "list"
    data: list[T]
    first_id: str | None
    last_id: str | None
    has_more: bool


class ListQuery(BaseModel):
    """Which page."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(20, ge=1, le=100)
    after: str | None = None
    before: str | None = None
    order: Literal["asc", "desc"] = "desc"

    def cursor(self) -> Cursor:
        """The same in the storage's words."""
        return Cursor(self.limit, self.after, self.before, self.order)


PageQuery = Annotated[ListQuery, Query()]


def list_of(page: Page[Item], show: Callable[[Item], T]) -> ListOf[T]:
    """A page of items as they are shown."""
    data = [show(item) for item in page.items]
    return ListOf(
        data=data,
        first_id=data[0].id if data else None,
        last_id=data[-1].id if data else None,
        has_more=page.has_more,
    )
