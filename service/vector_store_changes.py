"""Changes to files of vector stores: what can be found changes first, then what is said of it.

Whatever a change meets in the making is left to the ingestion job, which the table tells what is wished.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.concurrency import run_in_threadpool

from retrieval.store.errors import UnknownFileError
from service.errors import NotReady
from service.lookups import find_file
from service.resources import Resources
from service.schemas.vector_store_files import FileAttach
from service.storage.vector_store import Member, NewMember, Value
from service.vector_store_lookups import find_member

TRIES = 20


def wished(here: Resources, files: Sequence[FileAttach]) -> list[NewMember]:
    """Files as they are to be put into a vector store.

    Raises:
        NotFound: one was never uploaded.
    """
    return [_wish(here, file) for file in files]


async def take_out(here: Resources, store_id: str, file_id: str) -> None:
    """Remove a file from a vector store, at once.

    Raises:
        NotFound: it is not there.
    """
    for _ in range(TRIES):
        seen = await run_in_threadpool(find_member, here, store_id, file_id)
        if seen.status == "completed":
            await here.engine.drop(store_id, file_id)
        if await run_in_threadpool(here.data.vector_store_files.remove, seen):
            return
    raise _restless(file_id)


async def change_attributes(
    here: Resources, store_id: str, file_id: str, attributes: Mapping[str, Value]
) -> Member:
    """Give a file of a vector store other attributes; filters see them at once.

    Raises:
        NotFound: it is not there.
    """
    for _ in range(TRIES):
        seen = await run_in_threadpool(find_member, here, store_id, file_id)
        if seen.status == "completed" and not await _described(here, seen, attributes):
            continue
        if await run_in_threadpool(here.data.vector_store_files.set_attributes, seen, attributes):
            return await run_in_threadpool(find_member, here, store_id, file_id)
    raise _restless(file_id)


async def _described(here: Resources, seen: Member, attributes: Mapping[str, Value]) -> bool:
    try:
        await here.engine.describe(seen.vector_store_id, seen.id, attributes)
    except UnknownFileError:
        return False
    return True


def _restless(file_id: str) -> NotReady:
    return NotReady(f"The file {file_id!r} is being changed by others; try again.", "file_id")


def _wish(here: Resources, wish: FileAttach) -> NewMember:
    sizes = wish.chunking_strategy.sizes
    return NewMember(
        file_id=wish.file_id,
        filename=find_file(here, wish.file_id).filename,
        attributes=wish.attributes or {},
        max_chunk_size_tokens=sizes.max_chunk_size_tokens,
        chunk_overlap_tokens=sizes.chunk_overlap_tokens,
        replaces_name=wish.replace == "name",
    )
