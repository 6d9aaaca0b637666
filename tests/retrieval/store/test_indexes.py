"""Exact and inverted indexes against all inner products."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.store.inverted_file import FlatIndex, InvertedFile
from retrieval.store.segment import Halves
from retrieval.store.tuning import ENOUGH, build_tuned, exact_rows, lists_for, noisy_sample


def clustered(rows: int, dimensions: int, seed: int = 0) -> Halves:
    random = np.random.default_rng(seed)
    centres = random.normal(size=(max(1, rows // 50), dimensions))
    vectors = centres[random.integers(len(centres), size=rows)] + random.normal(size=(rows, dimensions)) * 0.5
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


def nearest(matrix: Halves, query: np.ndarray, k: int, allowed: np.ndarray | None = None) -> set[int]:
    scores = matrix.astype(np.float32) @ query
    if allowed is not None:
        scores[~allowed] = -np.inf
    return set(np.argsort(-scores)[:k].tolist())


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(1, 120), k=st.integers(1, 20), seed=st.integers(0, 99), share=st.floats(0, 1))
def test_a_flat_index_misses_nothing(rows: int, k: int, seed: int, share: float) -> None:
    matrix = clustered(rows, 24, seed)
    random = np.random.default_rng(seed)
    query, allowed = random.normal(size=24).astype(np.float32), random.random(rows) < share
    found = set(FlatIndex(matrix).candidates(query, k, allowed).tolist())
    assert all(allowed[row] for row in found)
    assert nearest(matrix, query, min(k, int(allowed.sum())), allowed) <= found
    assert nearest(matrix, query, k) <= set(FlatIndex(matrix).candidates(query, k, None).tolist())


def test_a_tuned_index_reaches_its_recall_on_questions_it_never_saw() -> None:
    matrix = clustered(6000, 32)
    tuned = build_tuned(matrix)
    assert tuned.recall >= ENOUGH
    assert 1 <= tuned.index.probes < tuned.index.lists
    random = np.random.default_rng(77)
    queries = matrix[random.integers(len(matrix), size=200)] + random.normal(size=(200, 32)) * 0.5 / np.sqrt(
        32
    )
    hits = 0
    for query in queries.astype(np.float32):
        rows = tuned.index.candidates(query, 10, None)
        best = rows[np.argsort(-(matrix[rows].astype(np.float32) @ query))[:10]]
        hits += len(nearest(matrix, query, 10) & set(best.tolist()))
    assert hits / 2000 >= 0.95


@pytest.mark.parametrize("share", [0.5, 0.05, 0.002])
def test_an_inverted_file_keeps_its_recall_when_few_rows_are_allowed(share: float) -> None:
    matrix = clustered(6000, 32)
    index, random = build_tuned(matrix).index, np.random.default_rng(5)
    allowed = random.random(6000) < share
    hits = expected = 0
    for query in noisy_sample(matrix)[:60]:
        wanted = nearest(matrix, query, min(10, int(allowed.sum())), allowed)
        rows = index.candidates(query, 10, allowed)
        assert allowed[rows].all()
        hits, expected = hits + len(wanted & set(rows.tolist())), expected + len(wanted)
    assert hits / expected >= 0.95


def test_an_inverted_file_is_the_same_after_saving(tmp_path) -> None:
    matrix = clustered(800, 16)
    index = InvertedFile.build(matrix, 16)
    index.probes = 4
    with (tmp_path / "lists").open("wb") as out:
        index.save(out)
    again = InvertedFile.load(tmp_path / "lists", 4)
    for query in noisy_sample(matrix)[:20]:
        assert index.candidates(query, 5, None).tolist() == again.candidates(query, 5, None).tolist()


def test_exact_rows_are_those_of_all_products() -> None:
    matrix, queries = clustered(40_000, 8), noisy_sample(clustered(40_000, 8))[:16]
    found = exact_rows(matrix, queries)
    for query, rows in zip(queries, found, strict=True):
        scores = matrix.astype(np.float32) @ query
        assert np.allclose(np.sort(scores[rows]), np.sort(scores)[-10:], atol=1e-6)


def test_lists_grow_with_the_root_of_the_rows() -> None:
    assert [lists_for(rows) for rows in (1, 250_000, 1_000_000, 2_500_000)] == [2, 1024, 2048, 4096]
