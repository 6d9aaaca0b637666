"""All that is known of a data set before anything is trained on it."""

from __future__ import annotations

from dataclasses import dataclass

from finetune.data.findings import Finding
from finetune.data.preview import PreviewRow
from finetune.data.rows import Kind
from finetune.data.tokens import TokenCount


@dataclass(frozen=True, slots=True)
class Change:
    """What one repair did."""

    code: str
    message: str
    changed: int
    """Rows that were rewritten."""
    dropped: int
    """Rows that were left out."""
    lines: tuple[int, ...]
    """The first of both."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a data set holds and what is wrong with it."""

    ok: bool
    """Whether it has no error; warnings are left to judge."""
    format: str
    kind: Kind
    layout: str
    """The columns that the rows were made of."""
    rows: int
    """Rows that could be read."""
    unreadable: int
    """Rows that could not."""
    errors: int
    warnings: int
    findings: tuple[Finding, ...]
    """Errors first."""
    labels: dict[str, int]
    """Rows of the most frequent labels; empty where answers are no labels."""
    validation_rows: int | None = None
    tokens: TokenCount | None = None
    """Of the training rows; only when a model is given."""
    preview: tuple[PreviewRow, ...] = ()
    """Only when a model is given."""
