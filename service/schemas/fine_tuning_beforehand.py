"""What a training will cost, and what it will learn."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from finetune.data.preview import PreviewRow
from finetune.data.tokens import TokenCount


class Estimate(BaseModel):
    """A training that runs to its last epoch; early stopping makes it cheaper."""

    object: Literal["fine_tuning.estimate"] = "fine_tuning.estimate"
    rows: int
    epochs: int
    steps: int
    tokens: int
    """That are read, prompts included, by all epochs together."""
    labels: int
    """That are learned, by all epochs together."""
    seconds: float
    peak_bytes: int
    device_bytes: int
    """The same on the GPU; 0 without one."""


class Preview(BaseModel):
    """Rendered rows."""

    object: Literal["fine_tuning.preview"] = "fine_tuning.preview"
    data: list[PreviewRow]
    tokens: TokenCount | None
