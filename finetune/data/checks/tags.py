"""Tags of tokens in the schemes BIO, IOB2 and BIOES."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from finetune.data.findings import Finding, found, rows, short
from finetune.data.rows import Row, TagRow

OUTSIDE = "O"
BEGINS, GOES_ON = ("B", "S"), ("I", "E")


def check_tags(data: Sequence[Row]) -> Iterator[Finding]:
    """Tags that are in no scheme, or go on with an entity that did not begin."""
    tagged = [row for row in data if isinstance(row, TagRow)]
    if not any(_prefix(tag) for row in tagged for tag in row.tags):
        return
    wrong = {row.line: bad for row in tagged if (bad := _first_wrong(row.tags))}
    if wrong:
        line, (position, tag) = next(iter(wrong.items()))
        told = f"Invalid tags: {rows(wrong)}; line {line}: {short(tag)} is wrong for token {position}."
        yield found("bad_tags", told, wrong)
    empty = [row.line for row in tagged if set(row.tags) == {OUTSIDE}]
    if empty:
        yield found("no_tags", f"Not one tagged token: {rows(empty)}.", empty)


def repair_tags(data: Sequence[Row]) -> list[Row]:
    """Entities that did not begin, begin; tags of no scheme are left."""
    return [replace(row, tags=_begun(row.tags)) if isinstance(row, TagRow) else row for row in data]


def _first_wrong(tags: Sequence[str]) -> tuple[int, str] | None:
    before = OUTSIDE
    for position, tag in enumerate(tags, start=1):
        if tag != OUTSIDE and not _prefix(tag):
            return position, tag
        if _prefix(tag) in GOES_ON and not _continues(before, tag):
            return position, tag
        before = tag
    return None


def _begun(tags: Sequence[str]) -> tuple[str, ...]:
    if not any(_prefix(tag) for tag in tags):
        return tuple(tags)
    done: list[str] = []
    for tag in tags:
        orphan = _prefix(tag) in GOES_ON and not _continues(done[-1] if done else OUTSIDE, tag)
        done.append(("B" if _prefix(tag) == "I" else "S") + tag[1:] if orphan else tag)
    return tuple(done)


def _continues(before: str, tag: str) -> bool:
    """Whether an entity that is not yet over has the same type."""
    return _prefix(before) in ("B", "I") and before[1:] == tag[1:]


def _prefix(tag: str) -> str:
    """The letter before the dash; empty for tags of no scheme."""
    known = len(tag) > 2 and tag[1] in "-_" and tag[0] in (*BEGINS, *GOES_ON)
    return tag[0] if known else ""
