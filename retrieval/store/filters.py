"""Filters on files' attributes: OpenAI's comparisons and and/or trees, asked of an index of attributes.

A file without the key passes `ne` and `nin`, and no other comparison. Values of different kinds
(text, number, truth value) are never equal, and only numbers and texts have an order.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from retrieval.store.errors import InvalidFileError, InvalidFilterError
from retrieval.store.records import Value

Operator = Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]
_SELECT = {
    "eq": "SELECT file FROM attributes WHERE key = ? AND kind = ? AND value = ?",
    "gt": "SELECT file FROM attributes WHERE key = ? AND kind = ? AND value > ?",
    "gte": "SELECT file FROM attributes WHERE key = ? AND kind = ? AND value >= ?",
    "lt": "SELECT file FROM attributes WHERE key = ? AND kind = ? AND value < ?",
    "lte": "SELECT file FROM attributes WHERE key = ? AND kind = ? AND value <= ?",
}
_MAX_DEPTH = 32


@dataclass(frozen=True, slots=True)
class Comparison:
    """One attribute against one value, or against several for `in` and `nin`."""

    type: Operator
    key: str
    value: Value | tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Compound:
    """All of some filters, or any of them."""

    type: Literal["and", "or"]
    filters: tuple[Filter, ...]


Filter = Comparison | Compound


def parse_filter(given: Mapping[str, Any], depth: int = 0) -> Filter:
    """A filter as OpenAI's API writes it.

    Raises:
        InvalidFilterError: it is none; the message says where.
    """
    kind = given.get("type") if isinstance(given, Mapping) else None
    if kind in ("and", "or"):
        return Compound(cast(Literal["and", "or"], kind), _parts(given, depth))
    if kind not in get_args(Operator):
        raise InvalidFilterError(
            f"A filter's type is one of {', '.join(get_args(Operator))}, and, or; got {kind!r}."
        )
    key, value = given.get("key"), given.get("value")
    if not isinstance(key, str) or not is_unicode(key):
        raise InvalidFilterError(f"The filter {kind!r} needs a key; got {key!r}.")
    return Comparison(cast(Operator, kind), key, _operand(cast(Operator, kind), value))


def matching_files(connection: sqlite3.Connection, wanted: Filter) -> set[int]:
    """Numbers of the files that pass a filter."""
    if isinstance(wanted, Compound):
        each = [matching_files(connection, part) for part in wanted.filters]
        return set.intersection(*each) if wanted.type == "and" else set.union(*each)
    if wanted.type in ("ne", "nin"):
        return _all(connection) - _equal(connection, wanted.key, _values(wanted))
    if wanted.type in ("eq", "in"):
        return _equal(connection, wanted.key, _values(wanted))
    return _ordered(connection, wanted.type, wanted.key, cast(Value, wanted.value))


def store_attributes(connection: sqlite3.Connection, file: int, attributes: Mapping[str, Value]) -> None:
    """Index a file's attributes, instead of those it had."""
    connection.execute("DELETE FROM attributes WHERE file = ?", (file,))
    rows = [(key, kind(value), value, file) for key, value in attributes.items()]
    connection.executemany("INSERT INTO attributes VALUES (?, ?, ?, ?)", rows)


def check_attributes(attributes: Mapping[str, Value]) -> None:
    """See to it that attributes can be stored and compared.

    Raises:
        InvalidFileError: one cannot.
    """
    for key, value in attributes.items():
        if kind(key) != "text" or not kind(value):
            raise InvalidFileError(
                f"The attribute {key!r} is {value!r}; use text, finite numbers (whole ones of 64 bits) "
                "or true/false."
            )


def kind(value: object) -> str:
    """The kind of a value: values of two kinds are never equal; empty where it cannot be stored."""
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, str):
        return "text" if value.isascii() or is_unicode(value) else ""
    if isinstance(value, int):
        return "number" if -(2**63) <= value < 2**63 else ""
    return "number" if isinstance(value, float) and math.isfinite(value) else ""


def _parts(given: Mapping[str, Any], depth: int) -> tuple[Filter, ...]:
    parts = given.get("filters")
    if not isinstance(parts, Sequence) or isinstance(parts, str) or not parts:
        raise InvalidFilterError(f"The filter {given['type']!r} needs a list of filters, at least one.")
    if depth >= _MAX_DEPTH:
        raise InvalidFilterError(f"Filters are nested over {_MAX_DEPTH} deep; make them flatter.")
    return tuple(parse_filter(part, depth + 1) for part in parts)


def _operand(operator: Operator, value: object) -> Value | tuple[Value, ...]:
    if operator in ("in", "nin"):
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise InvalidFilterError(f"The filter {operator!r} needs a list of values; got {value!r}.")
        return tuple(_scalar(operator, one) for one in value)
    return _scalar(operator, value)


def _scalar(operator: Operator, value: object) -> Value:
    if not kind(value):
        raise InvalidFilterError(
            f"The filter {operator!r} takes text, a finite number or true/false; got {value!r}."
        )
    return cast(Value, value)


def _values(wanted: Comparison) -> tuple[Value, ...]:
    return wanted.value if isinstance(wanted.value, tuple) else (wanted.value,)


def _equal(connection: sqlite3.Connection, key: str, values: Sequence[Value]) -> set[int]:
    found: set[int] = set()
    for value in values:
        found.update(_numbers(connection, _SELECT["eq"], (key, kind(value), value)))
    return found


def _ordered(connection: sqlite3.Connection, operator: str, key: str, value: Value) -> set[int]:
    if kind(value) == "truth":
        return set()
    return set(_numbers(connection, _SELECT[operator], (key, kind(value), value)))


def _all(connection: sqlite3.Connection) -> set[int]:
    return set(_numbers(connection, "SELECT number FROM files", ()))


def _numbers(connection: sqlite3.Connection, sql: str, values: tuple[object, ...]) -> list[int]:
    return [number for (number,) in connection.execute(sql, values)]


def is_unicode(text: str) -> bool:
    """Whether a text can be stored, which one with half of a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def attributes_json(attributes: Mapping[str, Value]) -> str:
    """Attributes as the table of files keeps them."""
    return json.dumps(dict(attributes))
