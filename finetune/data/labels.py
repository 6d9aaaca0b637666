"""Whether answers are labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from finetune.data.rows import ChatRow, LabelRow, Row

MOST_WORDS, SHARE_REPEATED = 6, 0.8


def labels_of(rows: Sequence[Row]) -> list[str] | None:
    """The label of each row; None where answers are no labels.

    Answers of conversations are labels where few distinct short ones repeat, as the adviser sees it.
    """
    answers = [row.learned for row in rows]
    if not rows or isinstance(rows[0], LabelRow):
        return answers or None
    return answers if isinstance(rows[0], ChatRow) and _look_like_labels(answers) else None


def _look_like_labels(answers: Sequence[str]) -> bool:
    counts = Counter(answers)
    repeated = sum(count for count in counts.values() if count > 1) / len(answers)
    few = len(counts) <= max(2, len(answers) // 4)
    return few and repeated >= SHARE_REPEATED and max(len(a.split()) for a in counts) <= MOST_WORDS
