"""Rows that are there twice, and inputs with several answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence

from finetune.data.findings import Finding, found, rows, short
from finetune.data.labels import labels_of
from finetune.data.near import near_groups
from finetune.data.rows import Row, TagRow, content, folded, identity


def check_duplicates(data: Sequence[Row]) -> Iterator[Finding]:
    """Rows that repeat an earlier one."""
    seen = dict[Hashable, int]()
    repeats: dict[int, int] = {}
    for row in data:
        first = seen.setdefault(identity(row), row.line)
        if first != row.line:
            repeats[row.line] = first
    if repeats:
        line, first = next(iter(repeats.items()))
        yield found(
            "duplicates", f"Repeats of other rows: {rows(repeats)}; line {line} is line {first}.", repeats
        )


def drop_duplicates(data: Sequence[Row]) -> list[Row]:
    """Each distinct row once, in order."""
    first = dict[Hashable, Row]()
    for row in data:
        first.setdefault(identity(row), row)
    return list(first.values())


def check_conflicts(data: Sequence[Row]) -> Iterator[Finding]:
    """Inputs that have more than one label or answer."""
    answers = defaultdict[str, dict[str, list[int]]](dict)
    for row in data:
        if row.given:
            answers[folded(row.given)].setdefault(row.learned.strip(), []).append(row.line)
    torn = [said for said in answers.values() if len(said) > 1]
    if not torn:
        return
    lines = [line for said in torn for one in said.values() for line in one]
    example = "; ".join(f"line {one[0]} says {short(answer)}" for answer, one in list(torn[0].items())[:2])
    code = "conflicting_labels" if _is_decided(data) else "several_answers"
    inputs = "1 input has" if len(torn) == 1 else f"{len(torn):,} inputs have"
    what = "labels" if code == "conflicting_labels" else "answers"
    yield found(code, f"{inputs} different {what}: {example}.", lines)


def check_near(data: Sequence[Row]) -> Iterator[Finding]:
    """Rows whose input is nearly that of another."""
    texts = [folded(content(row)) for row in data]
    groups = near_groups(texts)
    members = defaultdict[int, list[int]](list)
    for index, group in enumerate(groups):
        members[group].append(index)
    near = [m for m in members.values() if len({texts[i] for i in m}) > 1]
    if near:
        lines = [data[i].line for m in near for i in m]
        first = sorted(data[i].line for i in near[0])[:2]
        told = f"Nearly the same text: {rows(lines)}, as lines {first[0]} and {first[1]}."
        yield found("near_duplicates", told, lines)


def _is_decided(data: Sequence[Row]) -> bool:
    """Whether each input can have but one right answer."""
    return labels_of(data) is not None or isinstance(data[0], TagRow)
