"""OpenAI's file objects."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from fastapi import UploadFile as Upload
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from service.schemas.lists import Identified, ListQuery
from service.storage.files import StoredFile


def _is_file(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError("needs a file name; send one in the multipart part")
    return value


UploadFile = Annotated[Upload, BeforeValidator(_is_file)]
"""A part without a file name reaches us as text."""
Purpose = Literal["fine-tune", "assistants", "user_data"]


class FileCreate(BaseModel):
    """The multipart form of an upload."""

    model_config = ConfigDict(extra="forbid")

    file: UploadFile
    purpose: Purpose
    anchor: Literal["created_at"] | None = Field(None, alias="expires_after[anchor]")
    seconds: int | None = Field(None, ge=3_600, le=2_592_000, alias="expires_after[seconds]")
    """How long it is kept; without, until it is deleted."""

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.anchor is None) != (self.seconds is None):
            raise ValueError("expires_after needs both anchor and seconds")
        return self


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
    expires_at: int | None = None


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
        expires_at=file.expires_at,
    )
