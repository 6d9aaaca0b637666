"""What a check found: a code, the lines, a sentence and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from finetune.data.codes import CODES, Severity

MOST_LINES = 20
"""Lines that one finding lists; its count tells how many there are."""
Place = Literal["training", "validation"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found."""

    code: str
    severity: Severity
    message: str
    remedy: str
    fixable: bool
    """Whether `--fix` repairs it."""
    count: int = 0
    """Rows that it concerns; 0 where it concerns the whole file."""
    lines: tuple[int, ...] = ()
    """The first of them."""
    file: Place = "training"


def found(code: str, message: str, lines: Iterable[int] = ()) -> Finding:
    """A finding on rows, or on the whole file."""
    known, distinct = CODES[code], sorted(set(lines))
    return Finding(
        code, known.severity, message, known.remedy, known.safe, len(distinct), tuple(distinct[:MOST_LINES])
    )


def rows(lines: Iterable[int]) -> str:
    """`1 row`, `3 rows`."""
    count = len(set(lines))
    return "1 row" if count == 1 else f"{count:,} rows"


def short(text: str, length: int = 40) -> str:
    """A text as a message may quote it."""
    return repr(text if len(text) <= length else text[: length - 1] + "…")
