"""Metrics: how good an answer is, and how sums over samples become one figure.

Each metric turns (output, reference) pairs into additive columns, so that a score under any
weighting of the samples (a bootstrap resample, a subset) is `value(weights @ columns)`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from generation.agreement import exact_match, token_f1
from generation.words import words_of

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric in additive form."""

    name: str
    columns: Callable[[Sequence[str], Sequence[str]], Floats]
    """(outputs, references) -> array (n, c)."""
    value: Callable[[Floats], Floats]
    """Column sums (..., c) -> scores (...), 0 to 1."""
    extremes: Callable[[Floats], tuple[Floats, Floats]]
    """Column sums (..., c) -> those of right answers only, and of wrong ones only, to the same samples."""

    def score(self, outputs: Sequence[str], references: Sequence[str]) -> float:
        """The metric over all pairs."""
        return float(self.value(self.columns(outputs, references).sum(axis=0)))

    def per_sample(self, outputs: Sequence[str], references: Sequence[str]) -> Floats:
        """The metric of each pair alone, shape (n,)."""
        return self.value(self.columns(outputs, references))


def metric_named(name: str, labels: Sequence[str] = ()) -> Metric:
    """The metric of that name; `macro_f1` needs the labels."""
    if name == "macro_f1":
        return _macro_f1(tuple(labels))
    if name == "field_f1":
        return Metric(name, _field_columns, _f1, _all_or_no_fields)
    return Metric(name, _mean_columns(_PAIR_SCORES[name]), _mean, _all_or_nothing)


def same_label(output: str, reference: str) -> float:
    """1 where both name the same label, case and surrounding space aside."""
    return float(output.strip().casefold() == reference.strip().casefold())


def rouge_l(output: str, reference: str) -> float:
    """F-measure of the longest common subsequence of words (Lin 2004)."""
    return float(_rouge().score(reference, output)["rougeL"].fmeasure)


def object_in(text: str) -> dict[str, Any] | None:
    """The JSON object that the text is, or None."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def fields_of(text: str) -> set[tuple[str, str]] | None:
    """Key-value pairs of a flat JSON object; None where the text is no object."""
    found = object_in(text)
    return None if found is None else {(key, _plain(value)) for key, value in found.items()}


def _plain(value: object) -> str:
    return value.strip() if isinstance(value, str) else json.dumps(value, sort_keys=True)


@cache
def _rouge() -> Any:
    from rouge_score.rouge_scorer import RougeScorer  # loads nltk, which few metrics need

    return RougeScorer(["rougeL"], tokenizer=_Words())


class _Words:
    """Words of every script; rouge-score's own tokenizer knows the Latin letters only."""

    def tokenize(self, text: str) -> list[str]:
        return words_of(text)


_PAIR_SCORES: dict[str, Callable[[str, str], float]] = {
    "accuracy": same_label,
    "exact_match": exact_match,
    "token_f1": token_f1,
    "rouge_l": rouge_l,
}


def _mean_columns(pair: Callable[[str, str], float]) -> Callable[[Sequence[str], Sequence[str]], Floats]:
    def columns(outputs: Sequence[str], references: Sequence[str]) -> Floats:
        return np.array([(pair(o, r), 1.0) for o, r in zip(outputs, references, strict=True)])

    return columns


def _mean(sums: Floats) -> Floats:
    return sums[..., 0] / sums[..., 1]


def _all_or_nothing(sums: Floats) -> tuple[Floats, Floats]:
    count = sums[..., 1]
    return np.stack([count, count], axis=-1), np.stack([0 * count, count], axis=-1)


def _field_columns(outputs: Sequence[str], references: Sequence[str]) -> Floats:
    """(hits, said, wanted); an output that is no object counts as one wrong field."""
    rows = []
    for output, reference in zip(outputs, references, strict=True):
        said, wanted = fields_of(output), fields_of(reference) or set()
        if said is None:
            rows.append((0.0, 1.0, float(len(wanted))))
        else:
            rows.append((float(len(said & wanted)), float(len(said)), float(len(wanted))))
    return np.array(rows)


def _f1(sums: Floats) -> Floats:
    """Pooled F1 of (hits, said, wanted); 1 where nothing was said and nothing wanted."""
    hits, total = sums[..., 0], sums[..., 1] + sums[..., 2]
    return np.where(total > 0, 2 * hits / np.maximum(total, 1e-12), 1.0)


def _all_or_no_fields(sums: Floats) -> tuple[Floats, Floats]:
    wanted = sums[..., 2]
    return np.stack([wanted] * 3, axis=-1), np.stack([0 * wanted, wanted, wanted], axis=-1)


def _macro_f1(labels: tuple[str, ...]) -> Metric:
    place = {label.strip().casefold(): i for i, label in enumerate(labels)}

    def columns(outputs: Sequence[str], references: Sequence[str]) -> Floats:
        rows = np.zeros((len(outputs), 3, len(labels)))
        for row, output, reference in zip(rows, outputs, references, strict=True):
            said, wanted = place.get(output.strip().casefold()), place[reference.strip().casefold()]
            row[2, wanted] = 1
            if said is not None:
                row[1, said] = 1
                row[0, said] = said == wanted
        return rows.reshape(len(outputs), -1)

    def value(sums: Floats) -> Floats:
        """Mean F1 over the labels that occur (in outputs or references)."""
        hits, said, wanted = np.moveaxis(sums.reshape(*sums.shape[:-1], 3, len(labels)), -2, 0)
        total = said + wanted
        f1 = np.where(total > 0, 2 * hits / np.maximum(total, 1e-12), 0.0)
        return np.asarray(f1.sum(axis=-1) / np.maximum((total > 0).sum(axis=-1), 1))

    def extremes(sums: Floats) -> tuple[Floats, Floats]:
        """A wrong answer is each of the other labels alike."""
        wanted = sums[..., 2 * len(labels) :]
        others = (wanted.sum(axis=-1, keepdims=True) - wanted) / max(len(labels) - 1, 1)
        right = np.concatenate([wanted] * 3, axis=-1)
        return right, np.concatenate([0 * wanted, others, wanted], axis=-1)

    return Metric("macro_f1", columns, value, extremes)
