"""Rows of the training file that are in the validation file as well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from finetune.data.findings import Finding, found, rows, short
from finetune.data.labels import labels_of
from finetune.data.near import near_groups
from finetune.data.rows import Row, content, folded


def check_overlap(data: Sequence[Row], validation: Sequence[Row]) -> Iterator[Finding]:
    """Inputs that are in both files, exactly or nearly, and labels only in the second."""
    there = {folded(content(row)): row.line for row in reversed(validation)}
    both = [row for row in data if folded(content(row)) in there]
    if both:
        first = both[0]
        twin = f"line {first.line} is its line {there[folded(content(first))]}"
        lines = [row.line for row in both]
        yield found("overlap", f"In the validation file as well: {rows(lines)}; {twin}.", lines)
    exact = {row.line for row in both}
    yield from _near([row for row in data if row.line not in exact], validation)
    yield from _unseen(data, validation)


def drop_overlap(data: Sequence[Row], validation: Sequence[Row]) -> list[Row]:
    """The training rows whose input is not in the validation file."""
    there = {folded(content(row)) for row in validation}
    return [row for row in data if folded(content(row)) not in there]


def _near(data: Sequence[Row], validation: Sequence[Row]) -> Iterator[Finding]:
    groups = near_groups([folded(content(row)) for row in (*data, *validation)])
    aside = set(groups[len(data) :])
    lines = [row.line for row, group in zip(data, groups, strict=False) if group in aside]
    if lines:
        yield found("near_overlap", f"Nearly in the validation file as well: {rows(lines)}.", lines)


def _unseen(data: Sequence[Row], validation: Sequence[Row]) -> Iterator[Finding]:
    learned, measured = labels_of(data), labels_of(validation)
    if learned is None or measured is None:
        return
    unseen = sorted(set(measured) - set(learned))
    if unseen:
        shown = ", ".join(short(label) for label in unseen[:5])
        yield found("unseen_labels", f"Labels only in the validation file: {len(unseen):,} ({shown}).")
