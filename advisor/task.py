"""What kind of task a use case is: its metric, its labels, how long answers are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from advisor.errors import UseCaseError
from advisor.scoring import Metric, metric_named, object_in
from advisor.use_case import Sample, UseCase
from generation.words import count_words

Kind = Literal["labels", "short", "long", "json"]
AUTO_METRIC = {"labels": "accuracy", "short": "token_f1", "long": "rouge_l", "json": "field_f1"}
LABEL_METRICS = ("accuracy", "macro_f1")


@dataclass(frozen=True, slots=True)
class Task:
    """What the adviser understood of a use case."""

    kind: Kind
    instruction: str
    labels: tuple[str, ...]
    """Sorted, each in one spelling; empty unless the kind is labels."""
    metric: Metric


def understand(use_case: UseCase) -> Task:
    """Detect the kind from the outputs, unless labels or a metric tell it.

    Raises:
        UseCaseError: the metric reads JSON objects, and an output is none.
    """
    outputs = [s.output for s in use_case.samples]
    kind = _kind(use_case, outputs)
    labels = _labels([*(use_case.labels or ()), *outputs]) if kind == "labels" else ()
    name = AUTO_METRIC[kind] if use_case.metric == "auto" else use_case.metric
    if name == "field_f1":
        _check_objects(outputs)
    return Task(kind, use_case.description, labels, metric_named(name, labels))


def solved(samples: Sequence[Sample], task: Task) -> tuple[Sample, ...]:
    """The samples with every label in the spelling of the task."""
    spelling = {label.casefold(): label for label in task.labels}
    return tuple(
        Sample.model_construct(input=s.input, output=spelling.get(s.output.casefold(), s.output))
        for s in samples
    )


def detect(outputs: Sequence[str]) -> Kind:
    """JSON objects; else labels where few distinct short outputs repeat; else short or long text."""
    if all(object_in(o) is not None for o in outputs):
        return "json"
    counts = Counter(o.casefold() for o in outputs)
    words = [count_words(o) for o in outputs]
    repeated = sum(c for c in counts.values() if c > 1) / len(outputs)
    if len(counts) <= max(2, len(outputs) // 4) and repeated >= 0.8 and max(words) <= 6:
        return "labels"
    return "short" if median(words) <= 8 else "long"


def _kind(use_case: UseCase, outputs: Sequence[str]) -> Kind:
    if use_case.labels or use_case.metric in LABEL_METRICS:
        return "labels"
    found = detect(outputs)
    return "short" if found == "labels" and use_case.metric != "auto" else found


def _labels(spellings: Sequence[str]) -> tuple[str, ...]:
    """One spelling of each label, the first, in alphabetical order."""
    first: dict[str, str] = {}
    for spelling in spellings:
        first.setdefault(spelling.casefold(), spelling)
    return tuple(sorted(first.values()))


def _check_objects(outputs: Sequence[str]) -> None:
    for number, output in enumerate(outputs, start=1):
        if object_in(output) is None:
            raise UseCaseError(
                "metric",
                f"field_f1 compares JSON objects, and the output of sample {number} is none: "
                "name another metric, or mend the sample",
            )
