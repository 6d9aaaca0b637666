"""A linear classifier on frozen embeddings: fitted in milliseconds, stored without pickle."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from finetune.errors import HeadError

Matrix = npt.NDArray[np.float32]
Vectors = Matrix | Sequence[Sequence[float]]

STRENGTHS = (0.1, 1.0, 10.0, 100.0)
"""Inverse regularisation strengths that cross-validation chooses from."""
USUAL = 10.0
"""The strength where there are too few examples to choose: unit vectors need weak regularisation."""
FOLDS = 3
_WEIGHTS, _LABELS = "head.safetensors", "head.json"


@dataclass(frozen=True, eq=False, slots=True)
class Head:
    """Scores of a label are `vectors @ weights[label] + bias[label]`; the softmax makes chances."""

    labels: tuple[str, ...]
    weights: Matrix
    """(labels, dimensions)."""
    bias: Matrix
    """(labels,)."""

    @staticmethod
    def fit(vectors: Vectors, labels: Sequence[str], seed: int) -> Head:
        """Multinomial logistic regression; its strength is cross-validated where every class allows it.

        A single class gives a head that always says it.

        Raises:
            HeadError: no examples, or not one label for each vector.
        """
        matrix = _matrix(vectors)
        if len(labels) == 0 or len(matrix) != len(labels):
            raise HeadError(f"There are {len(matrix)} vectors and {len(labels)} labels; give one for each.")
        names = sorted(set(labels))
        if len(names) == 1:
            return Head((names[0],), np.zeros((1, matrix.shape[1]), np.float32), np.zeros(1, np.float32))
        return _regression(matrix, labels, _strength(matrix, labels, seed))

    def predict(self, vectors: Vectors) -> list[str]:
        """The likeliest label of each vector."""
        return [self.labels[i] for i in self.probabilities(vectors).argmax(axis=1)]

    def probabilities(self, vectors: Vectors) -> Matrix:
        """Chances of shape (vectors, labels), in the order of `labels`; rows sum to 1."""
        scores = _matrix(vectors, self.weights.shape[1]) @ self.weights.T + self.bias
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(chances / chances.sum(axis=1, keepdims=True), np.float32)

    def save(self, folder: Path) -> None:
        """Write the head as a folder; the labels come last and make it whole."""
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f"{_WEIGHTS}.part"
        # safetensors writes the memory as it lies, so rows must lie one after the other.
        arrays = {"weights": np.ascontiguousarray(self.weights), "bias": np.ascontiguousarray(self.bias)}
        save_file(arrays, part)
        _settle(part, folder / _WEIGHTS)
        part = folder / f"{_LABELS}.part"
        part.write_text(json.dumps({"labels": self.labels}, ensure_ascii=False), "utf-8")
        _settle(part, folder / _LABELS)

    @staticmethod
    def load(folder: Path) -> Head:
        """Read a head back.

        Raises:
            HeadError: the folder holds no whole head.
        """
        try:
            labels = json.loads((folder / _LABELS).read_text("utf-8"))["labels"]
            arrays = load_file(folder / _WEIGHTS)
            return Head(tuple(labels), arrays["weights"], arrays["bias"])
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise HeadError(f"There is no whole head in {folder.name!r}; fit it again.") from error


def _regression(matrix: Matrix, labels: Sequence[str], strength: float) -> Head:
    from sklearn.linear_model import LogisticRegression  # loaded only where something is fitted

    fitted = LogisticRegression(C=strength, max_iter=1000).fit(matrix, list(labels))
    weights, bias = fitted.coef_, fitted.intercept_
    if len(fitted.classes_) == 2:
        # Two classes share one row of weights: the second's score against zero for the first.
        weights, bias = np.vstack([np.zeros_like(weights), weights]), np.concatenate([[0.0], bias])
    return Head(tuple(map(str, fitted.classes_)), weights.astype(np.float32), bias.astype(np.float32))


def _strength(matrix: Matrix, labels: Sequence[str], seed: int) -> float:
    """The strength with the lowest log-loss over stratified folds."""
    if min(Counter(labels).values()) < FOLDS:
        return USUAL
    from sklearn.model_selection import StratifiedKFold

    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    parts = [(train, test) for train, test in folds.split(matrix, list(labels))]
    losses = {c: sum(_fold_loss(matrix, labels, c, train, test) for train, test in parts) for c in STRENGTHS}
    return min(losses, key=losses.__getitem__)


def _fold_loss(
    matrix: Matrix,
    labels: Sequence[str],
    strength: float,
    train: npt.NDArray[np.int64],
    test: npt.NDArray[np.int64],
) -> float:
    head = _regression(matrix[train], [labels[i] for i in train], strength)
    columns = [head.labels.index(labels[i]) for i in test]
    chances = head.probabilities(matrix[test])[np.arange(len(test)), columns]
    return float(-np.log(np.maximum(chances, 1e-9)).sum())


def _matrix(vectors: Vectors, width: int = 0) -> Matrix:
    matrix = np.asarray(vectors, np.float32)
    return matrix if matrix.ndim == 2 else matrix.reshape(0, width)


def _settle(part: Path, final: Path) -> None:
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.replace(final)
