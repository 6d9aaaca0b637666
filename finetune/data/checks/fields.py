"""Fields that are empty, have spaces around them, or hold broken characters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from finetune.data.findings import Finding, found, rows
from finetune.data.rows import ChatRow, Row, TagRow

BROKEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd\ufffe\uffff]")
"""Control characters, and the sign that stands where a text was decoded wrongly."""


def check_empty(data: Sequence[Row]) -> Iterator[Finding]:
    """Rows with nothing to ask, nothing to learn, or an empty turn."""
    lines = [row.line for row in data if _is_empty(row)]
    if lines:
        yield found("empty_field", f"An empty field: {rows(lines)}.", lines)


def drop_empty(data: Sequence[Row]) -> list[Row]:
    """The rows without those that have an empty field."""
    return [row for row in data if not _is_empty(row)]


def check_space(data: Sequence[Row]) -> Iterator[Finding]:
    """Rows with spaces or line ends around a field."""
    lines = [row.line for row in data if any(text != text.strip() for text in row.texts)]
    if lines:
        yield found("outer_space", f"Spaces around a field: {rows(lines)}.", lines)


def strip(data: Sequence[Row]) -> list[Row]:
    """The rows without spaces around their fields."""
    return [row.with_texts(tuple(text.strip() for text in row.texts)) for row in data]


def check_characters(data: Sequence[Row]) -> Iterator[Finding]:
    """Rows with control characters or broken text."""
    lines = [row.line for row in data if any(BROKEN.search(text) for text in row.texts)]
    if lines:
        yield found("broken_characters", f"Control characters or broken text: {rows(lines)}.", lines)


def clean(data: Sequence[Row]) -> list[Row]:
    """The rows without such characters."""
    return [row.with_texts(tuple(BROKEN.sub("", text) for text in row.texts)) for row in data]


def _is_empty(row: Row) -> bool:
    if isinstance(row, TagRow):
        return not row.tokens or not all(text.strip() for text in row.texts)
    if isinstance(row, ChatRow):
        # Rules may be empty: `generation.prompts.render` says so too.
        return not all(m.content.strip() for m in row.messages if m.role != "system")
    return not all(text.strip() for text in row.texts)
