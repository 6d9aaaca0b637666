"""Rows as a file holds them, before anything is known of their meaning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """Named values of one row."""

    line: int
    """Where it begins: the line of a text file, the row of a spreadsheet or table; from 1."""
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one row cannot be used."""

    line: int
    code: str
    """One of `codes.CODES`."""
    detail: str
    """Half a sentence."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is odd about a whole file."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Table:
    """Everything that was read of a file; records are read while they are taken."""

    format: str
    records: Iterable[Record | Fault]
    notices: tuple[Notice, ...] = ()
