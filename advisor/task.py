"""What kind of task a use case is: its metric, its labels, how long answers are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from advisor.scoring import Metric, metric_named
from advisor.use_case import UseCase

Kind = Literal["labels", "short", "long", "json"]
AUTO_METRIC = {"labels": "accuracy", "short": "token_f1", "long": "rouge_l", "json": "field_f1"}
LABEL_METRICS = ("accuracy", "macro_f1")


@dataclass(frozen=True, slots=True)
class Task:
    """What the adviser understood of a use case."""

    kind: Kind
    instruction: str
    labels: tuple[str, ...]
    """Sorted; empty unless the kind is labels."""
    metric: Metric


def understand(use_case: UseCase) -> Task:
    """Detect the kind from the outputs, unless labels or a metric tell it."""
    outputs = [s.output for s in use_case.samples]
    kind: Kind = "labels" if use_case.labels or use_case.metric in LABEL_METRICS else detect(outputs)
    if use_case.metric != "auto" and kind == "labels" and use_case.metric not in LABEL_METRICS:
        kind = "short"
    labels = tuple(sorted(use_case.labels or set(outputs))) if kind == "labels" else ()
    name = AUTO_METRIC[kind] if use_case.metric == "auto" else use_case.metric
    return Task(kind, use_case.description, labels, metric_named(name, labels))


def detect(outputs: Sequence[str]) -> Kind:
    """JSON objects; else labels where few distinct short outputs repeat; else short or long text."""
    if all(_is_object(o) for o in outputs):
        return "json"
    counts = Counter(outputs)
    words = [len(o.split()) for o in outputs]
    repeated = sum(c for c in counts.values() if c > 1) / len(outputs)
    if len(counts) <= max(2, len(outputs) // 4) and repeated >= 0.8 and max(words) <= 6:
        return "labels"
    return "short" if median(words) <= 8 else "long"


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (json.JSONDecodeError, RecursionError):
        return False
