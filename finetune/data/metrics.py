"""How good the answers to rows are: labels are right or wrong, other answers share words with the wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from finetune.data.labels import labels_of
from finetune.data.rows import Row
from finetune.session import Judge
from generation.agreement import exact_match, token_f1


@dataclass(frozen=True, slots=True)
class RowMetric:
    """A score of each answer, from 0 to 1."""

    name: str
    score: Callable[[str, str], float]
    """Of an answer and the wanted one."""


def metric_of(rows: Sequence[Row]) -> RowMetric:
    """The metric that fits the rows."""
    if labels_of(rows):
        return RowMetric("exact_match", exact_match)
    return RowMetric("token_f1", token_f1)


def judge_of(rows: Sequence[Row]) -> Judge:
    """The mean of that metric over the answers to the rows."""
    score, wanted = metric_of(rows).score, [row.learned for row in rows]

    def judge(answers: Sequence[str]) -> float:
        return sum(map(score, answers, wanted)) / len(wanted)

    return judge
