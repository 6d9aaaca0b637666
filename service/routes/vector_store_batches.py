"""/v1/vector_stores/{id}/file_batches: put many files in at once."""

from __future__ import annotations

from fastapi import APIRouter, Response

from service.resources import Here
from service.routes.vector_stores import POLL_MS
from service.schemas.lists import ListOf, list_of
from service.schemas.vector_store_files import (
    BatchCreate,
    FileBatchObject,
    MemberPageQuery,
    VectorStoreFileObject,
    show_batch,
    show_member,
)
from service.vector_store_changes import wished
from service.vector_store_lookups import find_batch, find_usable_vector_store

router = APIRouter(prefix="/v1/vector_stores/{vector_store_id}/file_batches", tags=["vector stores"])


@router.post("")
def create(here: Here, vector_store_id: str, body: BatchCreate, response: Response) -> FileBatchObject:
    """Put uploaded files in; they are ingested in the background."""
    find_usable_vector_store(here, vector_store_id)
    members = wished(here, body.wishes())
    batch = here.data.vector_store_files.add_batch(vector_store_id, members)
    return retrieve(here, vector_store_id, batch.id, response)


@router.get("/{batch_id}")
def retrieve(here: Here, vector_store_id: str, batch_id: str, response: Response) -> FileBatchObject:
    """How the files of a batch fare."""
    response.headers["openai-poll-after-ms"] = POLL_MS
    batch = find_batch(here, vector_store_id, batch_id)
    return show_batch(batch, here.data.vector_store_files.batch_tally(batch_id))


@router.post("/{batch_id}/cancel")
def cancel(here: Here, vector_store_id: str, batch_id: str, response: Response) -> FileBatchObject:
    """Give up the files that are not done yet; those that are stay."""
    find_batch(here, vector_store_id, batch_id)
    here.data.vector_store_files.cancel(batch_id)
    return retrieve(here, vector_store_id, batch_id, response)


@router.get("/{batch_id}/files")
def list_files(
    here: Here, vector_store_id: str, batch_id: str, query: MemberPageQuery
) -> ListOf[VectorStoreFileObject]:
    """List the files of a batch, newest first."""
    find_batch(here, vector_store_id, batch_id)
    page = here.data.vector_store_files.page(vector_store_id, query.cursor(), query.filter, batch_id)
    return list_of(page, show_member)
