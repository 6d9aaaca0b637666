"""/v1/files: uploads, in OpenAI's shapes."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Form, Query
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from service.errors import InvalidRequest, NotFound
from service.lookups import find_file, no_file
from service.resources import Here
from service.schemas.files import FileCreate, FileDeleted, FileListQuery, FileObject, show_file
from service.schemas.lists import ListOf, list_of
from service.vector_store_changes import take_out

router = APIRouter(prefix="/v1/files", tags=["files"])
LONGEST_NAME = 255


@router.post("")
def create(here: Here, form: Annotated[FileCreate, Form(media_type="multipart/form-data")]) -> FileObject:
    """Upload a file."""
    source = form.file.file
    filename = _display_name(form.file.filename or "")
    window = here.settings.duplicate_seconds
    stored = here.data.files.create(source, filename, form.purpose, _digest(source), window, form.seconds)
    return show_file(stored)


@router.get("")
def list_files(here: Here, query: Annotated[FileListQuery, Query()]) -> ListOf[FileObject]:
    """List files, newest first."""
    return list_of(here.data.files.page(query.cursor(), query.purpose), show_file)


@router.get("/{file_id}")
def retrieve(here: Here, file_id: str) -> FileObject:
    """What is known of a file."""
    return show_file(find_file(here, file_id))


@router.get("/{file_id}/content")
def content(here: Here, file_id: str) -> FileResponse:
    """The bytes of a file."""
    file = find_file(here, file_id)
    headers = {"x-content-type-options": "nosniff"}
    return FileResponse(
        here.data.files.path(file),
        media_type="application/octet-stream",
        filename=file.filename,
        headers=headers,
    )


@router.delete("/{file_id}")
async def delete(here: Here, file_id: str) -> FileDeleted:
    """Delete a file, and take it out of all vector stores."""
    for member in await run_in_threadpool(here.data.vector_store_files.containing, file_id):
        with suppress(NotFound):
            await take_out(here, member.vector_store_id, file_id)
    if not await run_in_threadpool(here.data.files.delete, file_id):
        raise no_file(file_id)
    return FileDeleted(id=file_id)


def _display_name(name: str) -> str:
    """The last part of the client's name without control characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(c for c in last if c.isprintable())[:LONGEST_NAME]
    if not shown:
        raise InvalidRequest("file: needs a file name; send one in the multipart part.", "file")
    return shown


def _digest(source: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := source.read(1 << 20):
        digest.update(block)
    source.seek(0)
    return digest.hexdigest()
