"""Rows of a table as lines that a search finds and a reader understands alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from retrieval.extraction.extracted import Draft

_NUMBER = re.compile(r"[\d.,:/%+\-\s€$£]+")


def write_rows(rows: Iterable[Sequence[str]], draft: Draft) -> None:
    """Write `Header: value; Header: value` for each row, or its values where the table has no header.

    A header is the first row with two cells or more, if each is a name of its own; lines of one cell
    above it stay lines.
    """
    header: Sequence[str] | None = None
    alone = True
    for row in rows:
        cells = [" ".join(cell.split()) for cell in row]
        filled = [cell for cell in cells if cell]
        if not filled:
            continue
        draft.count_row()
        if header is None and len(filled) > 1:
            header = cells if _are_names(filled) else ()
            if header:
                continue
        alone = alone and not header
        draft.line(_line(cells, header or ()))
    if header and alone:
        draft.line("; ".join(cell for cell in header if cell))


def _are_names(cells: Sequence[str]) -> bool:
    return len(set(cells)) == len(cells) and not any(_NUMBER.fullmatch(cell) for cell in cells)


def _line(cells: Sequence[str], header: Sequence[str]) -> str:
    names = [*header, *[""] * (len(cells) - len(header))]
    return "; ".join(
        f"{name}: {cell}" if name else cell for name, cell in zip(names, cells, strict=False) if cell
    )
