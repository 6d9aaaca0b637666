"""XLSX: the first sheet that holds anything, row by row."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from finetune.data.errors import UnreadableDataError
from finetune.data.limits import Limits
from finetune.data.readers.columns import check_header
from finetune.data.records import Fault, Notice, Record, Table

BROKEN = "The spreadsheet cannot be read ({}); save it as XLSX again, or as CSV."
Cells = Sequence[Any]


def read_spreadsheet(path: Path, limits: Limits) -> Table:
    """The rows of the first sheet that is not empty.

    Raises:
        UnreadableDataError: no XLSX, broken, or too large once unpacked.
    """
    _check_size(path, limits)
    # A file without a name: openpyxl would judge by its ending.
    with _guarded(), path.open("rb") as file, closing(_workbook(file)) as book:
        sheets = ((sheet.title, _rows(sheet, limits)) for sheet in book.worksheets)
        filled = [(title, rows) for title, rows in sheets if rows]
    if not filled:
        raise UnreadableDataError("The spreadsheet holds no rows; its first row must name the columns.")
    (title, rows), others = filled[0], ", ".join(repr(name[:40]) for name, _ in filled[1:4])
    told = f"Only the sheet {title!r} was read; there are others with content: {others}."
    return Table("xlsx", _records(rows, limits), (Notice("other_sheets", told),) if others else ())


def _check_size(path: Path, limits: Limits) -> None:
    """Python never unpacks more of a part than its header announces."""
    try:
        with zipfile.ZipFile(path) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableDataError(BROKEN.format(error)) from error
    if unpacked > limits.unpacked_bytes:
        raise UnreadableDataError(
            f"The spreadsheet unpacks to {unpacked:,} bytes, more than {limits.unpacked_bytes:,}; split it."
        )


def _workbook(file: BinaryIO) -> Any:
    from openpyxl import load_workbook

    return load_workbook(file, read_only=True, data_only=True)


def _rows(sheet: Any, limits: Limits) -> list[tuple[int, Cells]]:
    """Rows that are not empty, with their numbers."""
    # The size that a file claims for its sheet may be wrong.
    sheet.reset_dimensions()
    read = enumerate(islice(sheet.iter_rows(values_only=True), limits.rows + 2), start=1)
    return [(line, trimmed) for line, cells in read if (trimmed := _trimmed(cells))]


def _trimmed(cells: Cells) -> Cells:
    """Rows may be padded to thousands of empty cells."""
    last = max((i for i, cell in enumerate(cells, start=1) if _filled(cell)), default=0)
    return cells[:last]


def _filled(cell: object) -> bool:
    return cell is not None and bool(str(cell).strip())


def _records(rows: list[tuple[int, Cells]], limits: Limits) -> Iterator[Record | Fault]:
    header = check_header(rows[0][1], limits)
    for line, cells in rows[1:]:
        if len(cells) > len(header):
            yield Fault(line, "wrong_width", f"it has cells beyond its {len(header)} named columns")
        else:
            padded = [*cells, *[None] * (len(header) - len(cells))]
            yield Record(line, dict(zip(header, padded, strict=True)))


@contextmanager
def _guarded() -> Iterator[None]:
    """A block in which openpyxl is silent about styles, and whatever it raises on broken files is ours."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Exception as error:
        raise UnreadableDataError(BROKEN.format(f"{type(error).__name__}: {error}"[:200])) from error
