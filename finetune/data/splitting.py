"""Training and validation rows: repeats out, near repeats together, every label on both sides, by hash."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from finetune.data.checks.repeats import drop_duplicates
from finetune.data.labels import labels_of
from finetune.data.near import near_groups
from finetune.data.rows import Row, as_json, content, folded

TEMPLATE = 0.1
"""The share of all rows from which a group is no repeat but a form that is filled in: its rows are
then split one by one, for together they could leave a side empty."""


@dataclass(frozen=True, slots=True)
class Split:
    """Both sides, each in the order of the file."""

    training: tuple[Row, ...]
    validation: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows that stay together."""

    rows: tuple[int, ...]
    position: float
    """A number in [0, 1) that is the group's own: that of one row, chosen by its content."""


def split_rows(data: Sequence[Row], share: float, seed: int = 0) -> Split:
    """About `share` of the distinct rows for validation, chosen by their content.

    A row keeps its side when others are added, unless one of them is nearly the same as it, or is
    a better candidate for the only group of its label on a side.
    """
    kept = drop_duplicates(data)
    aside = {i for groups in _strata(kept, seed).values() for i in _aside(groups, share)}
    return Split(
        tuple(row for i, row in enumerate(kept) if i not in aside),
        tuple(row for i, row in enumerate(kept) if i in aside),
    )


def _strata(rows: Sequence[Row], seed: int) -> dict[str, list[_Group]]:
    """Groups by the label of one of their rows; one stratum where there are no labels."""
    labels = labels_of(rows) or [""] * len(rows)
    strata = defaultdict[str, list[_Group]](list)
    for indices in _together(rows):
        chosen = _speaker(indices, rows, seed)
        strata[labels[chosen]].append(_Group(tuple(indices), _position(rows[chosen], f"{seed}")))
    return strata


def _speaker(indices: Sequence[int], rows: Sequence[Row], seed: int) -> int:
    """The row whose position is its group's; not the one with the least, which many rows make small."""
    if len(indices) == 1:
        return indices[0]
    return min(indices, key=lambda i: _position(rows[i], f"chosen {seed}"))


def _together(rows: Sequence[Row]) -> Iterator[list[int]]:
    members = defaultdict[int, list[int]](list)
    for i, group in enumerate(near_groups([folded(content(row)) for row in rows])):
        members[group].append(i)
    for indices in members.values():
        if len(indices) > max(TEMPLATE * len(rows), 2):
            yield from ([i] for i in indices)
        else:
            yield indices


def _aside(groups: Sequence[_Group], share: float) -> list[int]:
    """The rows of one stratum that go to validation: some, and not all, wherever it has two groups."""
    ordered = sorted(groups, key=lambda group: group.position)
    count = sum(group.position < share for group in ordered)
    if 0 < share < 1:
        count = min(max(count, 1), len(ordered) - 1)
    return [i for group in ordered[:count] for i in group.rows]


def _position(row: Row, salt: str) -> float:
    digest = hashlib.sha256(f"{salt}\0{as_json(row)}".encode()).digest()
    return int.from_bytes(digest[:7]) / 2**56
