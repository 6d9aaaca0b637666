"""/v1/vector_stores: collections of files in which passages can be found."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Header, Response

from service.resources import Here, Resources
from service.schemas.lists import ListOf, PageQuery, list_of
from service.schemas.vector_store_files import FileAttach
from service.schemas.vector_stores import (
    VectorStoreCreate,
    VectorStoreDeleted,
    VectorStoreObject,
    VectorStoreUpdate,
    show_vector_store,
)
from service.storage.vector_store import VectorStore
from service.vector_store_changes import wished
from service.vector_store_lookups import find_usable_vector_store, find_vector_store

router = APIRouter(prefix="/v1/vector_stores", tags=["vector stores"])
POLL_MS = "250"
LONGEST_KEY = 255
IdempotencyKey = Annotated[str | None, Header(max_length=LONGEST_KEY)]


@router.post("")
def create(here: Here, body: VectorStoreCreate, idempotency_key: IdempotencyKey = None) -> VectorStoreObject:
    """Make a vector store, perhaps with files."""
    files = [
        FileAttach(file_id=id, chunking_strategy=body.chunking_strategy)
        for id in dict.fromkeys(body.file_ids)
    ]
    members = wished(here, files)
    values = {
        "name": body.name or "",
        "description": body.description,
        "metadata": body.metadata,
        "expires_after_days": body.expires_after.days if body.expires_after else None,
    }
    digest = sha256(body.model_dump_json().encode()).hexdigest()
    store, created = here.data.vector_stores.create(values, digest, idempotency_key)
    if created and members:
        here.data.vector_store_files.add(store.id, members)
    return _show(here, store)


@router.get("")
def list_vector_stores(here: Here, query: PageQuery) -> ListOf[VectorStoreObject]:
    """List vector stores, newest first."""
    page = here.data.vector_stores.page(query.cursor())
    tallies = here.data.vector_store_files.tallies([store.id for store in page.items])
    return list_of(page, lambda store: show_vector_store(store, tallies[store.id]))


@router.get("/{vector_store_id}")
def retrieve(here: Here, vector_store_id: str, response: Response) -> VectorStoreObject:
    """One vector store."""
    response.headers["openai-poll-after-ms"] = POLL_MS
    return _show(here, find_vector_store(here, vector_store_id))


@router.post("/{vector_store_id}")
def update(here: Here, vector_store_id: str, body: VectorStoreUpdate) -> VectorStoreObject:
    """Change its name, its metadata or when it expires."""
    find_usable_vector_store(here, vector_store_id)
    here.data.vector_stores.update(vector_store_id, body.changes())
    return _show(here, find_vector_store(here, vector_store_id))


@router.delete("/{vector_store_id}")
def delete(here: Here, vector_store_id: str) -> VectorStoreDeleted:
    """Delete a vector store; the uploaded files stay."""
    find_vector_store(here, vector_store_id)
    here.data.vector_stores.remove(vector_store_id)
    return VectorStoreDeleted(id=vector_store_id)


def _show(here: Resources, store: VectorStore) -> VectorStoreObject:
    return show_vector_store(store, here.data.vector_store_files.tallies([store.id])[store.id])
