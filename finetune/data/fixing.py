"""The repairs that are safe: nothing that is learned is lost or changed by them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from finetune.data.checks.fields import clean, drop_empty, strip
from finetune.data.checks.overlap import drop_overlap
from finetune.data.checks.repeats import drop_duplicates
from finetune.data.checks.roles import drop_trailing_turns
from finetune.data.checks.tags import repair_tags
from finetune.data.dataset import Dataset
from finetune.data.findings import MOST_LINES, rows
from finetune.data.report import Change
from finetune.data.rows import Row

Repair = Callable[[Sequence[Row]], list[Row]]
REPAIRS: tuple[tuple[str, str, Repair], ...] = (
    ("broken_characters", "took control characters and broken text out", clean),
    ("outer_space", "took the spaces off both ends of fields", strip),
    ("trailing_turns", "cut turns after the last answer", drop_trailing_turns),
    ("bad_tags", "began entities that did not begin", repair_tags),
    ("empty_field", "left rows with an empty field out", drop_empty),
    ("duplicates", "left repeats out", drop_duplicates),
)
"""In the order in which they are done: a field may be empty once it is clean."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Repaired data, and what was done to it."""

    data: Dataset
    changes: tuple[Change, ...]


def fix_dataset(data: Dataset, validation: Dataset | None = None) -> Fixed:
    """Do every safe repair; rows that are in the validation data are left out."""
    repairs = list(REPAIRS)
    if validation is not None and validation.kind == data.kind:
        told = "left rows out that the validation file has"
        repairs.append(("overlap", told, partial(drop_overlap, validation=validation.rows)))
    changes, kept = list(_unread(data)), list(data.rows)
    for code, told, repair in repairs:
        after = repair(kept)
        changes += _change(code, told, kept, after)
        kept = after
    return Fixed(data.with_rows(kept), tuple(changes))


def _unread(data: Dataset) -> Iterator[Change]:
    for code in dict.fromkeys(fault.code for fault in data.faults):
        lines = sorted({fault.line for fault in data.faults if fault.code == code})
        told = f"Left {rows(lines)} out that cannot be read."
        yield Change(code, told, 0, len(lines), tuple(lines[:MOST_LINES]))
    if data.extra_columns:
        yield Change("extra_columns", "Left columns out that nothing is learned from.", 0, 0, ())
    if any(notice.code == "not_utf8" for notice in data.notices):
        yield Change("not_utf8", "Wrote the rows as UTF-8.", 0, 0, ())


def _change(code: str, told: str, before: Sequence[Row], after: Sequence[Row]) -> Iterator[Change]:
    now = {row.line: row for row in after}
    dropped = [row.line for row in before if row.line not in now]
    changed = [row.line for row in before if row.line in now and now[row.line] != row]
    if lines := sorted([*dropped, *changed]):
        message = f"{told[0].upper()}{told[1:]}: {rows(lines)}."
        yield Change(code, message, len(changed), len(dropped), tuple(lines[:MOST_LINES]))
