"""How many lists an inverted file needs, and how many of them a search must read; measured, not guessed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.embedder import Vectors
from retrieval.store.inverted_file import InvertedFile
from retrieval.store.segment import Halves

TARGET = 0.98
"""Recall@10 aimed at on the half of the sample that tunes, so that the other half reaches 0.97."""
ENOUGH = 0.97
"""Recall@10 that the other half must reach."""
SAMPLE = 256
"""Stored vectors that become queries."""
NOISE = 0.5
"""Length of the random vector that is added to a stored one of length 1: a cosine of about 0.9."""
_K = 10
_BLOCK = 16_384


@dataclass(frozen=True, slots=True)
class Tuned:
    """A tuned index with what was measured."""

    index: InvertedFile
    recall: float
    """Recall@10 against exact search on the half of the queries that could only make the search wider."""


def build_tuned(matrix: Halves) -> Tuned:
    """An inverted file that reads as few lists as its recall allows."""
    index = InvertedFile.build(matrix, lists_for(len(matrix)))
    queries = noisy_sample(matrix)
    truth = exact_rows(matrix, queries)
    half = len(queries) // 2
    index.probes = _fewest(index, matrix, queries[:half], truth[:half])
    recall = _recall(index, matrix, queries[half:], truth[half:])
    while recall < ENOUGH and index.probes < index.lists:
        index.probes = min(index.lists, index.probes + max(1, index.probes // 4))
        recall = _recall(index, matrix, queries[half:], truth[half:])
    return Tuned(index, recall)


def lists_for(rows: int) -> int:
    """About twice the root of the rows, to a power of two: with more lists, learning them takes longest."""
    return int(2 ** round(np.log2(max(1.0, 2 * np.sqrt(rows)))))


def noisy_sample(matrix: Halves) -> Vectors:
    """Stored vectors with noise, again of length 1."""
    random = np.random.default_rng(2)
    rows = np.sort(random.choice(len(matrix), min(SAMPLE, len(matrix)), replace=False))
    noise = random.normal(size=(len(rows), matrix.shape[1]))
    noise *= NOISE / np.linalg.norm(noise, axis=1, keepdims=True)
    queries = matrix[rows].astype(np.float32) + noise.astype(np.float32)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    return random.permutation(queries)


def exact_rows(matrix: Halves, queries: Vectors, k: int = _K) -> NDArray[np.int64]:
    """The k nearest rows of each query, without order; shape (queries, k)."""
    best_scores = np.full((len(queries), 0), -np.inf, np.float32)
    best_rows = np.empty((len(queries), 0), np.int64)
    for at in range(0, len(matrix), _BLOCK):
        block = matrix[at : at + _BLOCK].astype(np.float32)
        rows = np.broadcast_to(np.arange(at, at + len(block)), (len(queries), len(block)))
        scores = np.concatenate([best_scores, queries @ block.T], axis=1)
        together = np.concatenate([best_rows, rows], axis=1)
        kept = np.argpartition(-scores, min(k, scores.shape[1] - 1), axis=1)[:, :k]
        best_scores = np.take_along_axis(scores, kept, axis=1)
        best_rows = np.take_along_axis(together, kept, axis=1)
    return best_rows


def _fewest(index: InvertedFile, matrix: Halves, queries: Vectors, truth: NDArray[np.int64]) -> int:
    """The fewest probes that reach the target: doubled until they do, then halved in between."""
    index.probes = 1
    while index.probes < index.lists and _recall(index, matrix, queries, truth) < TARGET:
        index.probes = min(index.lists, 2 * index.probes)
    low, high = index.probes // 2, index.probes
    while high - low > max(1, high // 16):
        index.probes = (low + high) // 2
        if _recall(index, matrix, queries, truth) < TARGET:
            low = index.probes
        else:
            high = index.probes
    return high


def _recall(index: InvertedFile, matrix: Halves, queries: Vectors, truth: NDArray[np.int64]) -> float:
    found = 0
    for query, expected in zip(queries, truth, strict=True):
        rows = index.candidates(query, _K, None)
        scores = matrix[rows].astype(np.float32) @ query
        found += len(np.intersect1d(rows[np.argsort(-scores)[:_K]], expected))
    return found / truth.size
