"""How often each label is there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from finetune.data.findings import Finding, found, short
from finetune.data.labels import labels_of
from finetune.data.rows import Row, folded

UNEQUAL = 10
"""Times that the most frequent label is more frequent than the least one, from which it matters."""


def check_balance(data: Sequence[Row]) -> Iterator[Finding]:
    """One label only, labels with one example, and labels that outnumber others."""
    labels = labels_of(data)
    if labels is None:
        return
    counts = Counter(labels).most_common()
    if len(counts) == 1:
        yield found("one_label", f"Every row has the label {short(counts[0][0])}.")
        return
    single = {label for label, count in counts if count == 1}
    if single:
        lines = [row.line for row, label in zip(data, labels, strict=True) if label in single]
        shown = ", ".join(short(label) for label in sorted(single)[:5])
        yield found("single_example", f"Labels with one example only: {len(single):,} ({shown}).", lines)
    (most, many), (least, few) = counts[0], counts[-1]
    if many >= UNEQUAL * few:
        told = f"The label {short(most)} has {many:,} rows, {short(least)} has {few:,}."
        yield found("label_imbalance", told)
    yield from _similar(data, labels)


def _similar(data: Sequence[Row], labels: Sequence[str]) -> Iterator[Finding]:
    """Labels that differ only in case or spacing."""
    spellings = defaultdict[str, Counter[str]](Counter)
    for label in labels:
        spellings[folded(label)][label] += 1
    several = {key: counts for key, counts in spellings.items() if len(counts) > 1}
    if several:
        rare = {label for counts in several.values() for label, _ in counts.most_common()[1:]}
        lines = [row.line for row, label in zip(data, labels, strict=True) if label in rare]
        shown = ", ".join(short(label) for label in next(iter(several.values())))
        yield found("similar_labels", f"Labels that differ only in case or spaces: {shown}.", lines)
