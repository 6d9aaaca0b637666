"""Tables of comma-, semicolon-, tab- or bar-separated values."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from itertools import islice

from retrieval.extraction.errors import BrokenFileError
from retrieval.extraction.extracted import Draft
from retrieval.extraction.readers.tables import write_rows

DELIMITERS = "\t,;|"
_LOOK_ROWS = 50


def read(text: str, draft: Draft) -> None:
    """One line for each row, its cells named after the header."""
    csv.field_size_limit(max(csv.field_size_limit(), draft.limits.characters))
    try:
        write_rows(_rows(text, _delimiter(text)), draft)
    except csv.Error as error:
        raise BrokenFileError(f"The table cannot be read ({error}); save it again as CSV.") from error


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)


def _delimiter(text: str) -> str:
    """The one by which most of the first rows have as many cells as each other, more than one."""

    def likeness(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in islice(_rows(text, delimiter), _LOOK_ROWS))
        return max(((count, width) for width, count in widths.items() if width > 1), default=(0, 0))

    return max(DELIMITERS, key=likeness)
