"""JSON and JSON lines as lines of `path: value`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from retrieval.extraction.errors import BrokenFileError
from retrieval.extraction.extracted import Draft

_SCALARS = (str, bool, type(None))


def read(text: str, draft: Draft) -> None:
    """Write each value with its path, a blank line between records.

    Raises:
        BrokenFileError: it is neither one JSON value nor one on each line.
    """
    records = _records(text)
    for record in records:
        draft.count_row()
        for line in _lines(record, ""):
            draft.line(line)
        draft.add("\n")


def _records(text: str) -> list[Any]:
    try:
        value = _parsed(text)
    except json.JSONDecodeError as whole:
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        return [_parsed_line(number, line, whole) for number, line in lines]
    return value if isinstance(value, list) else [value]


def _parsed(text: str) -> Any:
    """Numbers stay as they are written, however long."""
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)


def _parsed_line(number: int, line: str, whole: json.JSONDecodeError) -> Any:
    try:
        return _parsed(line)
    except json.JSONDecodeError as error:
        place = whole.lineno if number == 1 else number
        problem = whole.msg if number == 1 else error.msg
        raise BrokenFileError(
            f"Line {place} is not valid JSON ({problem}); mend it and upload again."
        ) from error


def _lines(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _lines(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and not all(isinstance(item, _SCALARS) for item in value):
        for item in value:
            yield from _lines(item, path)
    else:
        yield _line(value, path)


def _line(value: Any, path: str) -> str:
    text = ", ".join(_word(item) for item in value) if isinstance(value, list) else _word(value)
    return f"{path}: {text}" if path and text else text


def _word(value: str | bool | None) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value or ""
