"""OpenAI's file objects."""

from __future__ import annotations

from typing import Literal

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field

from service.schemas.lists import Identified, ListQuery
from service.storage.files import StoredFile

Purpose = Literal["fine-tune", "assistants", "user_data"]


class FileCreate(BaseModel):
    """The multipart form of an upload."""

    model_config = ConfigDict(extra="forbid")

    file: UploadFile
    purpose: Purpose


class FileListQuery(ListQuery):
    """Which files; OpenAI's limits for files are wider than for other lists."""

    limit: int = Field(10_000, ge=1, le=10_000)
    purpose: str | None = None


class FileObject(Identified):
    """One uploaded file."""

    object: Literal["file"] = "file"
    bytes: int
    created_at: int
    filename: str
    purpose: str
    status: Literal["processed"] = "processed"


class FileDeleted(Identified):
    """A file that is gone."""

    object: Literal["file"] = "file"
    deleted: Literal[True] = True


def show_file(file: StoredFile) -> FileObject:
    """A stored file as the API tells it."""
    return FileObject(
        id=file.id,
        bytes=file.bytes,
        created_at=file.created_at,
        filename=file.filename,
        purpose=file.purpose,
    )
