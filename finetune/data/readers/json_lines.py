"""JSONL: an object on every line."""

from __future__ import annotations

import json
from collections.abc import Iterator

from finetune.data.records import Fault, Record


def read_json_lines(text: str) -> Iterator[Record | Fault]:
    """One record for each line that is not blank."""
    # Not splitlines(): JSON strings may hold other line separators, such as U+2028.
    for line, written in enumerate(text.split("\n"), start=1):
        if written.strip():
            yield _record(line, written)


def _record(line: int, written: str) -> Record | Fault:
    try:
        value = json.loads(written, strict=False)
    except json.JSONDecodeError as error:
        return Fault(line, "bad_json", f"{error.msg} at column {error.colno}")
    except (RecursionError, ValueError) as error:
        return Fault(line, "bad_json", too_much(error))
    return as_record(line, value)


def as_record(line: int, value: object) -> Record | Fault:
    """A JSON value as a record, if it is an object."""
    if isinstance(value, dict):
        return Record(line, value)
    return Fault(line, "not_an_object", "it is no JSON object in braces")


def too_much(error: Exception) -> str:
    """Half a sentence on what Python's parser will not take."""
    return (
        "it is nested too deeply"
        if isinstance(error, RecursionError)
        else "it holds a number that is too long"
    )
