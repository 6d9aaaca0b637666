"""How texts are written: upper case, and beginnings or endings that all rows share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile

from finetune.data.findings import Finding, found, rows, short
from finetune.data.rows import Row, TagRow, TextRow

UPPER = 0.7
"""The share of upper-case letters from which a text counts as written in upper case."""
LEAST_LETTERS, LEAST_SHARED, LEAST_ROWS = 10, 6, 5


def check_case(data: Sequence[Row]) -> Iterator[Finding]:
    """Texts that are mostly upper case."""
    lines = [row.line for row in data if not isinstance(row, TagRow) and _shouts(row.asked or row.learned)]
    if lines:
        yield found("mostly_upper_case", f"Mostly upper case: {rows(lines)}.", lines)


def check_ends(data: Sequence[Row]) -> Iterator[Finding]:
    """Beginnings and endings that all inputs or all answers share."""
    if len(data) < LEAST_ROWS or isinstance(data[0], TagRow):
        return
    if isinstance(data[0], TextRow):
        yield from _ends("text", {row.learned for row in data})
    else:
        yield from _ends("input", {row.asked for row in data})
        yield from _ends("answer", {row.learned for row in data})


def _ends(name: str, texts: set[str]) -> Iterator[Finding]:
    if len(texts) < LEAST_ROWS:
        return
    begin, end = _shared(texts), _shared({text[::-1] for text in texts})[::-1]
    if len(begin.strip()) >= LEAST_SHARED:
        yield found("common_beginning", f"Every {name} begins with {short(begin)}.")
    if len(end.strip()) >= LEAST_SHARED:
        yield found("common_ending", f"Every {name} ends with {short(end)}.")


def _shared(texts: set[str]) -> str:
    """The longest common beginning: that of the first and the last in order."""
    pairs = zip(min(texts), max(texts), strict=False)
    return "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _shouts(text: str) -> bool:
    if text == text.lower():
        return False
    upper = sum(c.isupper() for c in text)
    cased = upper + sum(c.islower() for c in text)
    return cased >= LEAST_LETTERS and upper > UPPER * cased
