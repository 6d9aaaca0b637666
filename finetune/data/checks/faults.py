"""Rows that could not be read, and what is odd about the file."""

from __future__ import annotations

from collections.abc import Iterator

from finetune.data.dataset import Dataset
from finetune.data.findings import Finding, found, rows

SAID = {
    "bad_json": "No JSON",
    "not_an_object": "No JSON object",
    "wrong_width": "Too many or too few cells",
    "huge_field": "A field that is too large",
    "missing_column": "A column is missing",
    "mixed_layouts": "Another form than the other rows",
    "not_text": "Something that is no text",
    "not_a_message": "Something that is no message",
    "wrong_role": "A role that does not exist",
    "tags_do_not_match": "Not as many tags as tokens",
}
MOST_COLUMNS = 6


def check_faults(data: Dataset) -> Iterator[Finding]:
    """One finding for each kind of fault, with its first row told in full."""
    notices = {notice.code: notice.message for notice in data.notices}
    for code in dict.fromkeys([*notices, *(fault.code for fault in data.faults)]):
        faults = [fault for fault in data.faults if fault.code == code]
        lines = [fault.line for fault in faults]
        said = f"{SAID[code]}: {rows(lines)}; line {lines[0]}: {faults[0].detail}." if faults else ""
        yield found(code, notices.get(code, said), lines)
    if data.extra_columns:
        yield _extra(data.extra_columns)


def _extra(columns: tuple[str, ...]) -> Finding:
    shown = ", ".join(repr(name) for name in columns[:MOST_COLUMNS])
    more = f" and {len(columns) - MOST_COLUMNS} more" if len(columns) > MOST_COLUMNS else ""
    return found("extra_columns", f"Nothing is learned from these columns: {shown}{more}.")
