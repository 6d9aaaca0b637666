"""OpenAI's files of vector stores, and batches of them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from retrieval.store.errors import InvalidFileError
from retrieval.store.filters import check_attributes
from service.schemas.chunking import AUTO_STRATEGY, ChunkingStrategy, Sizes, StaticChunking
from service.schemas.lists import Identified, ListQuery
from service.schemas.vector_stores import FileCounts, show_counts
from service.storage.vector_store import Batch, Member, Tally
from service.storage.vector_store_files import shown_status

Text = Annotated[str, StringConstraints(max_length=512)]
Named = dict[Annotated[str, StringConstraints(max_length=64)], bool | int | float | Text]


def _storable(attributes: Named) -> Named:
    try:
        check_attributes(attributes)
    except InvalidFileError as error:
        raise ValueError(str(error)) from error
    return attributes


Attributes = Annotated[Named, Field(max_length=16), AfterValidator(_storable)]
Status = Literal["in_progress", "completed", "cancelled", "failed"]
MOST_FILES = 2_000


class FileAttach(BaseModel):
    """A file that goes into a vector store."""

    model_config = ConfigDict(extra="forbid")

    file_id: str
    attributes: Attributes | None = None
    chunking_strategy: ChunkingStrategy = AUTO_STRATEGY
    replace: Literal["id", "name"] = "id"
    """Ours: `name` takes out all other files of its name as it becomes searchable."""


class BatchCreate(BaseModel):
    """Files that go into a vector store together: ids alone, or each with its own wishes."""

    model_config = ConfigDict(extra="forbid")

    file_ids: list[str] = Field(default=[], max_length=MOST_FILES)
    files: list[FileAttach] = Field(default=[], max_length=MOST_FILES)
    attributes: Attributes | None = None
    chunking_strategy: ChunkingStrategy = AUTO_STRATEGY
    replace: Literal["id", "name"] = "id"

    @model_validator(mode="after")
    def _either(self) -> Self:
        if bool(self.file_ids) == bool(self.files):
            raise ValueError("send either file_ids or files, with at least one file")
        return self

    def wishes(self) -> list[FileAttach]:
        """Each file once, with its wishes."""
        alike = self.model_dump(exclude={"file_ids", "files"})
        wishes = self.files or [FileAttach(file_id=file_id, **alike) for file_id in self.file_ids]
        return list({wish.file_id: wish for wish in wishes}.values())


class AttributesUpdate(BaseModel):
    """Other attributes for a file; null takes all away."""

    model_config = ConfigDict(extra="forbid")

    attributes: Attributes | None


class MemberQuery(ListQuery):
    """Which files of a vector store."""

    filter: Status | None = None


MemberPageQuery = Annotated[MemberQuery, Query()]


class LastError(BaseModel):
    """Why a file failed."""

    code: Literal["server_error", "unsupported_file", "invalid_file"]
    message: str


class VectorStoreFileObject(Identified):
    """One file of a vector store."""

    object: Literal["vector_store.file"] = "vector_store.file"
    created_at: int
    vector_store_id: str
    filename: str
    usage_bytes: int
    status: Status
    last_error: LastError | None
    attributes: dict[str, bool | int | float | str]
    chunking_strategy: StaticChunking


class VectorStoreFileDeleted(Identified):
    """A file that is no longer in its vector store."""

    object: Literal["vector_store.file.deleted"] = "vector_store.file.deleted"
    deleted: Literal[True] = True


class TextContent(BaseModel):
    """A piece of text."""

    type: Literal["text"] = "text"
    text: str


class FileContentPage(BaseModel):
    """The text of a file, to which all offsets refer."""

    object: Literal["vector_store.file_content.page"] = "vector_store.file_content.page"
    file_id: str
    filename: str
    attributes: dict[str, bool | int | float | str]
    data: list[TextContent]
    has_more: Literal[False] = False
    next_page: None = None


class FileBatchObject(Identified):
    """Files that were put into a vector store together."""

    object: Literal["vector_store.files_batch"] = "vector_store.files_batch"
    created_at: int
    vector_store_id: str
    status: Status
    file_counts: FileCounts


def show_member(member: Member) -> VectorStoreFileObject:
    """A file of a vector store as the API tells it."""
    error = None
    if member.error_code:
        error = LastError.model_validate({"code": member.error_code, "message": member.error_message})
    sizes = Sizes(
        max_chunk_size_tokens=member.max_chunk_size_tokens, chunk_overlap_tokens=member.chunk_overlap_tokens
    )
    return VectorStoreFileObject(
        id=member.id,
        created_at=member.created_at,
        vector_store_id=member.vector_store_id,
        filename=member.filename,
        usage_bytes=member.usage_bytes,
        status=shown_status(member.status),
        last_error=error,
        attributes=member.attributes,
        chunking_strategy=StaticChunking(static=sizes),
    )


def show_batch(batch: Batch, tally: Tally) -> FileBatchObject:
    """A batch as the API tells it."""
    return FileBatchObject(
        id=batch.id,
        created_at=batch.created_at,
        vector_store_id=batch.vector_store_id,
        status=_batch_status(batch, tally),
        file_counts=show_counts(tally),
    )


def _batch_status(batch: Batch, tally: Tally) -> Status:
    if batch.cancelled:
        return "cancelled"
    if tally.in_progress:
        return "in_progress"
    return "failed" if tally.failed and tally.failed == tally.total else "completed"
