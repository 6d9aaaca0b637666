"""A file of any supported format as records, within bounds; the content counts more than the name."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from finetune.data.errors import UnreadableDataError
from finetune.data.limits import Limits
from finetune.data.readers.delimited import delimiter_of, read_delimited
from finetune.data.readers.json_array import read_json_array
from finetune.data.readers.json_lines import read_json_lines
from finetune.data.readers.paragraphs import read_paragraphs
from finetune.data.readers.parquet import read_parquet
from finetune.data.readers.spreadsheet import read_spreadsheet
from finetune.data.readers.text import read_text
from finetune.data.records import Fault, Record, Table

FORMATS = "CSV, TSV, XLSX, JSON, JSONL, Parquet or plain text"
PACKED_NAMES = (".xlsx", ".parquet")
TEXT_NAMES = (".txt", ".md", ".text")


def read_table(path: Path, name: str = "", limits: Limits | None = None) -> Table:
    """The records of a file; `name` tells its format where it lies under another one.

    Raises:
        UnreadableDataError: no supported format, broken, empty or too large; some of it only
            while the records are taken.
    """
    limits = limits or Limits()
    suffix = Path(name or path.name).suffix.casefold()
    size = _size(path)
    if size > limits.file_bytes:
        raise UnreadableDataError(f"The file has {size:,} bytes, more than {limits.file_bytes:,}; split it.")
    table = _packed(path, limits) or _written(path, suffix, limits)
    return Table(table.format, _bounded(table.records, limits), table.notices)


def _size(path: Path) -> int:
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise UnreadableDataError(f"{path.name} is no file; give one file with {FORMATS}.")
        if not os.access(path, os.R_OK):
            raise UnreadableDataError(f"{path.name} may not be read; change its permissions.")
    except OSError as error:
        raise UnreadableDataError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    if not size:
        raise UnreadableDataError("The file is empty; write one row for each example.")
    return size


def _packed(path: Path, limits: Limits) -> Table | None:
    with path.open("rb") as file:
        begin = file.read(4)
    if begin == b"PAR1":
        return Table("parquet", read_parquet(path, limits))
    if begin[:2] == b"PK" and zipfile.is_zipfile(path):
        return read_spreadsheet(path, limits)
    if begin[:4] == b"\xd0\xcf\x11\xe0":
        raise UnreadableDataError("This is an old Excel file (.xls); save it as XLSX or CSV.")
    if begin[:2] == b"\x1f\x8b":
        raise UnreadableDataError("The file is packed with gzip; unpack it first.")
    return None


def _written(path: Path, suffix: str, limits: Limits) -> Table:
    if suffix in PACKED_NAMES:
        raise UnreadableDataError(f"The name ends in {suffix}, but this is no such file; write it again.")
    text, notices = read_text(path)
    begin = text.lstrip()[:1]
    if not begin:
        raise UnreadableDataError("The file holds only blank lines; write one row for each example.")
    form, records = _rows_of(text, begin, suffix, limits)
    return Table(form, records, notices)


def _rows_of(text: str, begin: str, suffix: str, limits: Limits) -> tuple[str, Iterable[Record | Fault]]:
    if suffix in (".csv", ".tsv"):
        delimiter = delimiter_of(text, "\t" if suffix == ".tsv" else "")
        return suffix[1:], read_delimited(text, delimiter, limits)
    if suffix == ".json" or begin == "[" or (begin == "{" and _is_one_object(text)):
        return "json", read_json_array(text)
    if suffix in (".jsonl", ".ndjson") or begin == "{":
        return "jsonl", read_json_lines(text)
    if suffix in TEXT_NAMES:
        return "text", read_paragraphs(text)
    return "csv", read_delimited(text, delimiter_of(text), limits)


def _is_one_object(text: str) -> bool:
    """Whether an object goes on over several lines, as JSON with indents does."""
    return text.lstrip().split("\n", 1)[0].strip() == "{"


def _bounded(records: Iterable[Record | Fault], limits: Limits) -> Iterator[Record | Fault]:
    """The records; those with a cell over the limit become faults.

    Raises:
        UnreadableDataError: more rows or characters than the limits allow.
    """
    characters = 0
    for number, record in enumerate(records, start=1):
        if number > limits.rows:
            raise UnreadableDataError(f"There are more than {limits.rows:,} rows; split the file.")
        if isinstance(record, Fault):
            yield record
            continue
        values = record.values.values()
        sizes = [len(value) if isinstance(value, str) else _characters(value) for value in values]
        characters += sum(sizes)
        if characters > limits.unpacked_bytes:
            raise UnreadableDataError(
                f"There are more than {limits.unpacked_bytes:,} characters; split the file."
            )
        longest = max(sizes, default=0)
        if longest > limits.cell_characters or len(sizes) > limits.columns:
            told = f"a field has {longest:,} characters in {len(sizes):,} columns"
            yield Fault(record.line, "huge_field", told)
        else:
            yield record


def _characters(value: Any) -> int:
    """Characters of a value and of all that is in it; without recursion, for it may be nested deeply."""
    total, left = 0, [value]
    while left:
        one = left.pop()
        if isinstance(one, str | bytes):
            total += len(one)
        elif isinstance(one, dict):
            left += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple):
            left += one
        else:
            total += 8
    return total
