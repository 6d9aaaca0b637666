"""A file as rows of one kind, beside all that could not become one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from finetune.data.building import RowError
from finetune.data.errors import UnreadableDataError
from finetune.data.layouts import Layout, layout_of, main_layout, normal
from finetune.data.limits import Limits
from finetune.data.reading import read_table
from finetune.data.records import Fault, Notice, Record
from finetune.data.rows import Kind, Row


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a file holds."""

    rows: tuple[Row, ...]
    kind: Kind
    format: str
    layout: str
    """The columns that the rows were made of."""
    faults: tuple[Fault, ...] = ()
    """Rows that could not be read; the others are not affected."""
    notices: tuple[Notice, ...] = ()
    extra_columns: tuple[str, ...] = ()
    """Columns that nothing is learned from."""

    def with_rows(self, rows: Sequence[Row]) -> Dataset:
        """The same data with other rows, and none that cannot be read."""
        return replace(self, rows=tuple(rows), faults=(), notices=(), extra_columns=())


def read_dataset(path: Path, name: str = "", limits: Limits | None = None) -> Dataset:
    """Read a file of any supported format; `name` tells its format where it lies under another one.

    Raises:
        UnreadableDataError: there is not one row in it; the message says what to do.
    """
    table = read_table(path, name, limits)
    records, faults = list[Record](), list[Fault]()
    for one in table.records:
        if isinstance(one, Fault):
            faults.append(one)
        else:
            records.append(one)
    if not records:
        raise UnreadableDataError(_nothing(faults))
    main, found = main_layout(records)
    rows = _rows(records, main, faults)
    notices = (*table.notices, *_mixed(main, found))
    extra = _extra(records, main)
    return Dataset(tuple(rows), main.kind, table.format, main.name, tuple(faults), notices, extra)


def _rows(records: Sequence[Record], main: Layout, faults: list[Fault]) -> list[Row]:
    rows: list[Row] = []
    for record in records:
        try:
            rows.append(_row(record, main))
        except RowError as error:
            faults.append(Fault(record.line, error.code, str(error)))
    return rows


def _row(record: Record, main: Layout) -> Row:
    values = normal(record.values)
    missing = [name for name in main.columns if name not in values]
    if missing:
        _refuse(values, main, missing)
    return main.build(record.line, [values.get(name) for name in (*main.columns, *main.optional)])


def _refuse(values: Mapping[str, Any], main: Layout, missing: Sequence[str]) -> None:
    own = layout_of(values)
    if own and not set(own.columns) < set(main.columns):
        raise RowError("mixed_layouts", f"it has {own.name}, most others have {main.name}")
    raise RowError("missing_column", f"it has no {' and no '.join(missing)}")


def _mixed(main: Layout, found: Mapping[Layout, Sequence[int]]) -> list[Notice]:
    if len(found) < 2:
        return []
    kinds = [f"{layout.name} on {_lines(lines)}" for layout, lines in found.items()]
    told = f"Rows of different forms: {'; '.join(kinds)}. Only those with {main.name} were read."
    return [Notice("mixed_layouts", told)]


def _lines(lines: Sequence[int]) -> str:
    shown = ", ".join(str(line) for line in lines[:3])
    more = f" and {len(lines) - 3:,} more" if len(lines) > 3 else ""
    return f"line{'s' if len(lines) > 1 else ''} {shown}{more}"


def _extra(records: Sequence[Record], main: Layout) -> tuple[str, ...]:
    used = {*main.columns, *main.optional}
    shapes = Counter(tuple(record.values) for record in records)
    names = Counter[str]()
    for shape, count in shapes.items():
        found = {str(name).strip() for name in shape}
        if {name.casefold() for name in found}.issuperset(main.columns):
            names.update(dict.fromkeys(sorted(found), count))
    return tuple(name[:80] for name, _ in names.most_common() if name.casefold() not in used)


def _nothing(faults: Sequence[Fault]) -> str:
    if not faults:
        return "The file holds column names but no rows; write one row for each example."
    first = faults[0]
    return f"Not one of {len(faults):,} rows can be read; line {first.line}: {first.detail}."
