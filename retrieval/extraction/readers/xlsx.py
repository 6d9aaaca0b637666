"""Workbooks, through openpyxl: the cells of each sheet with the values that were last computed."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, time
from io import BytesIO
from typing import TYPE_CHECKING, Any

from retrieval.extraction.errors import NoTextError, TooLargeError
from retrieval.extraction.extracted import Draft
from retrieval.extraction.package import Package
from retrieval.extraction.readers.tables import write_rows

if TYPE_CHECKING:
    from openpyxl import Workbook


def read(data: bytes, draft: Draft) -> None:
    """Write sheet after sheet, each a page.

    Raises:
        NoTextError: no cell holds anything.
        TooLargeError: the sheets span too many cells.
    """
    package = Package(data, draft.limits)
    package.refuse_document_types()
    draft.title = package.title()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with closing(_opened(data)) as book:
            _write(book, draft)


def _opened(data: bytes) -> Workbook:
    from openpyxl import load_workbook

    return load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)


def _write(book: Workbook, draft: Draft) -> None:
    said = False
    for rows, title in _sheets(book, draft.limits.cells):
        draft.page()
        first = next(rows, None)
        if first is not None:
            said = True
            draft.heading(title, 2)
            write_rows(_chained(first, rows), draft)
    if not said:
        raise NoTextError("No cell of the workbook holds anything; upload one that does.")


def _sheets(book: Workbook, budget: int) -> Iterator[tuple[Iterator[list[str]], str]]:
    left = [budget]
    for sheet in book.worksheets:
        sheet.reset_dimensions()  # what a sheet says of its size is often wrong
        yield _filled_rows(sheet, left), sheet.title


def _filled_rows(sheet: Any, left: list[int]) -> Iterator[list[str]]:
    for row in sheet.iter_rows(values_only=True):
        left[0] -= 1 + len(row)
        if left[0] < 0:
            raise TooLargeError(
                "The sheets span too many cells; delete the empty ones or split the workbook."
            )
        cells = [_shown(value) for value in row]
        if any(cells):
            yield cells


def _chained(first: list[str], rest: Iterator[list[str]]) -> Iterator[list[str]]:
    yield first
    yield from rest


def _shown(value: object) -> str:
    """A value as people write it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return str(value.date()) if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value)
