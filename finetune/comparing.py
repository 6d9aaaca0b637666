"""Models side by side on the same rows: answers, how good they are, how sure the difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from finetune.data.examples import label_list, training_example
from finetune.data.metrics import RowMetric, metric_of
from finetune.data.rows import Row
from finetune.dataset import TrainingExample
from finetune.errors import DatasetError
from generation.language_model import LanguageModel, Request
from generation.messages import Message

RESAMPLES = 4_000
CONFIDENCE = 0.95
SPARE_TOKENS = 8
"""Beyond the longest wanted answer; one that goes on longer is cut."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, and where it may lie on other rows of this kind."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Side:
    """One model's answers."""

    model: str
    answers: tuple[str, ...]
    scores: tuple[float, ...]
    score: Interval
    gain: Interval | None
    """On the first model, row by row; None for the first."""
    seconds: float
    """Of one answer, in batches."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """All models on all rows."""

    metric: str
    lines: tuple[int, ...]
    """Where each row stands in its file."""
    asked: tuple[str, ...]
    wanted: tuple[str, ...]
    sides: tuple[Side, ...]

    @property
    def different(self) -> list[int]:
        """The rows whose scores differ between models, the most different first; then all others."""
        spread = np.ptp([side.scores for side in self.sides], axis=0)
        return [int(row) for row in np.argsort(-spread, kind="stable")]


def compare(models: Sequence[LanguageModel], rows: Sequence[Row], seed: int = 0) -> Comparison:
    """Let each model answer each row, greedily and as it is served.

    Raises:
        DatasetError: rows without an answer, or too long for a model.
        GenerationError: a model cannot be asked.
    """
    labels = label_list(rows)
    examples = [_example(row, labels) for row in rows]
    metric = metric_of(rows)
    sides: list[Side] = []
    for model in models:
        sides.append(_side(model, examples, rows, metric, sides[0] if sides else None, seed))
    return Comparison(
        metric=metric.name,
        lines=tuple(row.line for row in rows),
        asked=tuple(row.asked for row in rows),
        wanted=tuple(row.learned for row in rows),
        sides=tuple(sides),
    )


def _example(row: Row, labels: Sequence[str]) -> TrainingExample:
    example = training_example(row, labels)
    if not isinstance(example, TrainingExample) or not row.learned.strip():
        raise DatasetError([f"Line {row.line}: there is no answer to compare with; give it one."])
    return example


def _side(
    model: LanguageModel,
    examples: Sequence[TrainingExample],
    rows: Sequence[Row],
    metric: RowMetric,
    first: Side | None,
    seed: int,
) -> Side:
    said = model.generate(_requests(model, examples, rows))
    answers = tuple(generation.text.strip() for generation in said)
    scores = tuple(metric.score(a, row.learned) for a, row in zip(answers, rows, strict=True))
    return Side(
        model=model.name,
        answers=answers,
        scores=scores,
        score=_mean(scores, metric, seed),
        gain=None if first is None else resampled(np.subtract(scores, first.scores), seed),
        seconds=sum(generation.seconds for generation in said) / len(said),
    )


def _requests(
    model: LanguageModel, examples: Sequence[TrainingExample], rows: Sequence[Row]
) -> list[Request]:
    longest = max(model.count_tokens((Message("user", e.answer),)) for e in examples) + SPARE_TOKENS
    requests, problems = [], []
    for example, row in zip(examples, rows, strict=True):
        room = model.context_window - model.count_tokens(example.messages[:-1])
        if room < 1:
            problems.append(
                f"Line {row.line}: it is too long for {model.name!r}; shorten it or leave it out."
            )
        requests.append(Request(example.messages[:-1], max_tokens=max(1, min(longest, room))))
    if problems:
        raise DatasetError(problems)
    return requests


def _mean(scores: Sequence[float], metric: RowMetric, seed: int) -> Interval:
    """Wilson's interval (1927) for right or wrong, which holds for few rows too; else a bootstrap."""
    if metric.name != "exact_match":
        return resampled(np.asarray(scores), seed)
    right = int(sum(scores))
    bounds = binomtest(right, len(scores)).proportion_ci(CONFIDENCE, "wilson")
    return Interval(right / len(scores), float(bounds.low), float(bounds.high))


def resampled(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], seed: int) -> Interval:
    """The percentile bootstrap of a mean (Efron 1979)."""
    drawn = np.random.default_rng(seed).choice(values, (RESAMPLES, len(values))).mean(axis=1)
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(float(values.mean()), float(low), float(high))
