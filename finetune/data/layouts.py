"""Which columns make which kind of row, and which kind a file's rows are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from finetune.data import building
from finetune.data.errors import UnreadableDataError
from finetune.data.records import Record
from finetune.data.rows import Kind, Row

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns that belong together."""

    kind: Kind
    columns: tuple[str, ...]
    build: Callable[[int, Sequence[Any]], Row]
    """Makes a row of its line and the values of `columns` and `optional`, in order; raises RowError."""
    optional: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As people say it."""
        return " and ".join(self.columns)


LAYOUTS = (
    Layout("chat", ("messages",), building.chat),
    Layout("chat", ("conversations",), building.share_chat),
    Layout("tags", ("tokens", "tags"), building.tagged),
    Layout("tags", ("tokens", "ner_tags"), building.tagged),
    Layout("chat", ("prompt", "completion"), building.pair),
    Layout("chat", ("prompt", "response"), building.pair),
    Layout("chat", ("input", "output"), building.pair, optional=("instruction",)),
    Layout("chat", ("question", "answer"), building.pair),
    Layout("chat", ("instruction", "output"), building.pair),
    Layout("chat", ("instruction", "response"), building.pair),
    Layout("labels", ("text", "label"), building.labelled),
    Layout("labels", ("sentence", "label"), building.labelled),
    Layout("labels", ("text", "category"), building.labelled),
    Layout("labels", ("text", "intent"), building.labelled),
    Layout("text", ("text",), building.plain),
)
"""In the order in which they are looked for: a row with the columns of several is of the first."""


def layout_of(columns: Iterable[str]) -> Layout | None:
    """The first layout whose columns are all there."""
    present = set(columns)
    return next((layout for layout in LAYOUTS if present.issuperset(layout.columns)), None)


def normal(values: Values) -> dict[str, Any]:
    """Values under names in lower case without spaces around them."""
    return {_normal_name(name): value for name, value in values.items()}


@lru_cache(maxsize=10_000)
def _normal_name(name: str) -> str:
    return name.strip().casefold()


def main_layout(records: Sequence[Record]) -> tuple[Layout, dict[Layout, list[int]]]:
    """The layout of most rows, and the first lines of every layout that is in the file.

    Rows with only a part of another layout's columns are of that one, with a column missing.

    Raises:
        UnreadableDataError: no row has the columns of any layout.
    """
    counts, lines = Counter[Layout](), dict[Layout, list[int]]()
    known: dict[tuple[str, ...], Layout | None] = {}
    for record in records:
        names = tuple(record.values)
        if names not in known:
            known[names] = layout_of(normal(record.values))
        if layout := known[names]:
            counts[layout] += 1
            lines.setdefault(layout, []).append(record.line)
    if not counts:
        raise UnreadableDataError(_unknown(records))
    whole = [a for a in counts if not any(set(a.columns) < set(b.columns) for b in counts)]
    best = max(whole, key=lambda layout: counts[layout])
    return best, {layout: lines[layout] for layout in whole}


def _unknown(records: Sequence[Record]) -> str:
    found = Counter(name for record in records[:1000] for name in normal(record.values))
    shown = ", ".join(repr(name[:40]) for name, _ in found.most_common(8)) or "none"
    wanted = "; ".join(layout.name for layout in LAYOUTS)
    return f"No known columns: found {shown}. Rename them to one of these sets: {wanted}."
