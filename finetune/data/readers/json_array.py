"""JSON: an array of objects, alone or as the only array of an object around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecodeError, JSONDecoder

from finetune.data.errors import UnreadableDataError
from finetune.data.readers.json_lines import as_record, too_much
from finetune.data.records import Fault, Record

CHATS = {"messages", "conversations"}
"""An array under one of these names is a single row."""
_SPACE = re.compile(r"\s*")
_DECODER = JSONDecoder(strict=False)


def read_json_array(text: str) -> Iterator[Record | Fault]:
    """One record for each object of the array, by its number where objects share lines.

    Raises:
        UnreadableDataError: no array, or broken JSON.
    """
    begin = _skip(text, 0)
    if text[begin : begin + 1] == "{":
        yield from _wrapped(text)
        return
    if text[begin : begin + 1] != "[":
        raise UnreadableDataError("The JSON is no array; write [{...}, {...}], or one object on each line.")
    found = list(_elements(text, begin))
    own_lines = len({line for line, _ in found}) == len(found)
    for number, (line, value) in enumerate(found, start=1):
        yield as_record(line if own_lines else number, value)


def _elements(text: str, begin: int) -> Iterator[tuple[int, object]]:
    """Values of the array that begins there, each with its line."""
    at, line, counted = _skip(text, begin + 1), 1, 0
    while text[at : at + 1] != "]":
        line, counted = line + text.count("\n", counted, at), at
        value, at = _value(text, at)
        yield line, value
        at = _after(text, at)
    if text[at + 1 :].strip():
        raise _broken(text, _skip(text, at + 1), "something follows the array; write all rows into one")


def _after(text: str, at: int) -> int:
    at = _skip(text, at)
    if text[at : at + 1] == ",":
        return _skip(text, at + 1)
    if text[at : at + 1] != "]":
        raise _broken(text, at, "a comma or ] is missing")
    return at


def _value(text: str, at: int) -> tuple[object, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except JSONDecodeError as error:
        raise _broken(text, error.pos, error.msg) from error
    except (RecursionError, ValueError) as error:
        raise _broken(text, at, too_much(error)) from error


def _wrapped(text: str) -> Iterator[Record | Fault]:
    value, end = _value(text, _skip(text, 0))
    assert isinstance(value, dict)
    arrays = [v for v in value.values() if isinstance(v, list) and v and all(isinstance(x, dict) for x in v)]
    if text[end:].strip() or len(arrays) != 1 or CHATS & value.keys():
        yield as_record(1, value)
        if text[end:].strip():
            raise _broken(text, end, "something follows the object; write one object a line, or an array")
        return
    for number, row in enumerate(arrays[0], start=1):
        yield Record(number, row)


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _broken(text: str, at: int, why: str) -> UnreadableDataError:
    return UnreadableDataError(f"The JSON is broken on line {text.count(chr(10), 0, at) + 1}: {why}.")
