"""/v1/vector_stores/{id}/files: put files in, watch them being ingested, take them out."""

from __future__ import annotations

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from service.errors import NotReady
from service.resources import Here
from service.routes.vector_stores import POLL_MS
from service.schemas.lists import ListOf, list_of
from service.schemas.vector_store_files import (
    AttributesUpdate,
    FileAttach,
    FileContentPage,
    MemberPageQuery,
    TextContent,
    VectorStoreFileDeleted,
    VectorStoreFileObject,
    show_member,
)
from service.vector_store_changes import change_attributes, take_out, wished
from service.vector_store_lookups import find_member, find_usable_vector_store, find_vector_store

router = APIRouter(prefix="/v1/vector_stores/{vector_store_id}/files", tags=["vector stores"])


@router.post("")
def create(here: Here, vector_store_id: str, body: FileAttach, response: Response) -> VectorStoreFileObject:
    """Put an uploaded file in; it is ingested in the background."""
    find_usable_vector_store(here, vector_store_id)
    here.data.vector_store_files.add(vector_store_id, wished(here, [body]))
    return retrieve(here, vector_store_id, body.file_id, response)


@router.get("")
def list_files(here: Here, vector_store_id: str, query: MemberPageQuery) -> ListOf[VectorStoreFileObject]:
    """List its files, newest first."""
    find_vector_store(here, vector_store_id)
    page = here.data.vector_store_files.page(vector_store_id, query.cursor(), query.filter)
    return list_of(page, show_member)


@router.get("/{file_id}")
def retrieve(here: Here, vector_store_id: str, file_id: str, response: Response) -> VectorStoreFileObject:
    """How a file fares."""
    response.headers["openai-poll-after-ms"] = POLL_MS
    return show_member(find_member(here, vector_store_id, file_id))


@router.post("/{file_id}")
async def update(
    here: Here, vector_store_id: str, file_id: str, body: AttributesUpdate
) -> VectorStoreFileObject:
    """Give a file other attributes."""
    return show_member(await change_attributes(here, vector_store_id, file_id, body.attributes or {}))


@router.delete("/{file_id}")
async def delete(here: Here, vector_store_id: str, file_id: str) -> VectorStoreFileDeleted:
    """Take a file out; the upload itself stays."""
    await take_out(here, vector_store_id, file_id)
    return VectorStoreFileDeleted(id=file_id)


@router.get("/{file_id}/content")
async def content(here: Here, vector_store_id: str, file_id: str) -> FileContentPage:
    """The text of a file, to which the offsets of passages refer."""
    member = await run_in_threadpool(find_member, here, vector_store_id, file_id)
    if member.status != "completed":
        raise NotReady(
            f"file_id: {file_id} is {show_member(member).status}; only completed files have text.", "file_id"
        )
    text = TextContent(text=await here.engine.read(vector_store_id, file_id))
    return FileContentPage(
        file_id=file_id, filename=member.filename, attributes=member.attributes, data=[text]
    )
