"""What a check of a data set is asked with; its answer is `finetune.data.report.Report`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from service.schemas.files import UploadFile


class DatasetCheck(BaseModel):
    """The multipart form of a check: each file is sent along, or named by its id."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    file: UploadFile | None = None
    file_id: str | None = None
    validation_file: UploadFile | None = None
    validation_file_id: str | None = None
    model: str | None = None
    """A local base: tokens are counted as it counts them, and rows are shown as it sees them."""
    preview: int = Field(2, ge=0, le=20)
    """Rows to show; only with a model."""
