"""CSV and TSV, also with semicolons or bars as spreadsheets of some countries write them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO

from finetune.data.errors import UnreadableDataError
from finetune.data.limits import Limits
from finetune.data.readers.columns import check_header
from finetune.data.records import Fault, Record

DELIMITERS = ",\t;|"


def delimiter_of(text: str, preferred: str = "") -> str:
    """What separates the columns of the first line; the preferred character where it occurs."""
    header = text.lstrip().split("\n", 1)[0]
    if preferred and preferred in header:
        return preferred
    return max(DELIMITERS, key=header.count)


def read_delimited(text: str, delimiter: str, limits: Limits) -> Iterator[Record | Fault]:
    """Rows below a line of column names.

    Raises:
        UnreadableDataError: no names, names given twice, or a quote that is never closed.
    """
    csv.field_size_limit(max(limits.cell_characters * 4, 131_072))
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines = _lines(reader)
    first = next(lines, None)
    if first is None:
        raise UnreadableDataError("The file is empty; its first line must name the columns.")
    header = check_header(first[1], limits)
    for line, cells in lines:
        yield _record(line, header, cells)


def _lines(reader: Iterator[Sequence[str]]) -> Iterator[tuple[int, Sequence[str]]]:
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableDataError(
                f"The row that begins on line {line} cannot be read ({error}); "
                'look for a quote that is not closed, and write quotes inside cells twice ("").'
            ) from error
        if any(cell.strip() for cell in cells):
            yield line, cells
        line = reader.line_num + 1  # type: ignore[attr-defined]


def _record(line: int, header: Sequence[str], cells: Sequence[str]) -> Record | Fault:
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        told = f"it has {len(cells)} cells for {len(header)} columns; put cells with separators in quotes"
        return Fault(line, "wrong_width", told)
    if len(cells) < len(header):
        return Fault(line, "wrong_width", f"it has {len(cells)} cells for {len(header)} columns")
    return Record(line, dict(zip(header, cells, strict=False)))
