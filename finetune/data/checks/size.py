"""Too few rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from finetune.data.findings import Finding, found
from finetune.data.rows import Row, identity

LEAST, USUAL = 10, 50
"""OpenAI's bounds for fine-tuning."""


def check_size(rows: Sequence[Row]) -> Iterator[Finding]:
    """Count distinct rows."""
    count = len({identity(row) for row in rows})
    if count < LEAST:
        yield found("too_few_rows", f"Distinct rows to learn from: {count}; the least is {LEAST}.")
    elif count < USUAL:
        yield found("few_rows", f"There are only {count} distinct rows to learn from.")
