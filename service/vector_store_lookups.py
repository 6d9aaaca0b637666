"""Finds vector stores and what is in them, or says that it is not there."""

from __future__ import annotations

from service.errors import InvalidRequest, NotFound
from service.resources import Resources
from service.schemas.vector_stores import is_expired
from service.storage.vector_store import Batch, Member, VectorStore


def find_vector_store(here: Resources, store_id: str) -> VectorStore:
    """A vector store.

    Raises:
        NotFound: there is none of that id.
    """
    store = here.data.vector_stores.get(store_id)
    if store is None:
        raise NotFound(
            f"There is no vector store {store_id!r}; GET /v1/vector_stores lists them.", "vector_store_id"
        )
    return store


def find_usable_vector_store(here: Resources, store_id: str) -> VectorStore:
    """A vector store whose time is not over; this counts as its use.

    Raises:
        NotFound: there is none of that id.
        InvalidRequest: it expired.
    """
    store = find_vector_store(here, store_id)
    if is_expired(store):
        raise InvalidRequest(
            f"The vector store {store_id!r} expired and is empty; make a new one.", "vector_store_id"
        )
    here.data.vector_stores.note_use(store)
    return store


def find_member(here: Resources, store_id: str, file_id: str) -> Member:
    """A file of a vector store.

    Raises:
        NotFound: there is no such vector store, or no such file in it.
    """
    find_vector_store(here, store_id)
    member = here.data.vector_store_files.get(store_id, file_id)
    if member is None:
        raise NotFound(
            f"The vector store {store_id!r} has no file {file_id!r}; list its files to see which it has.",
            "file_id",
        )
    return member


def find_batch(here: Resources, store_id: str, batch_id: str) -> Batch:
    """A batch of files of a vector store.

    Raises:
        NotFound: there is no such vector store, or no such batch of it.
    """
    find_vector_store(here, store_id)
    batch = here.data.vector_store_files.batch(store_id, batch_id)
    if batch is None:
        raise NotFound(f"The vector store {store_id!r} has no file batch {batch_id!r}.", "batch_id")
    return batch
