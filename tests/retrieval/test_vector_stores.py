"""One contract, run on every store; wild cases are compared with the plain matrix."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.embedder import Vectors
from retrieval.errors import VectorShapeError
from retrieval.faiss_store import FaissStore
from retrieval.numpy_store import NumpyStore
from retrieval.vector_store import VectorStore

STORES = [FaissStore, NumpyStore]
MakeStore = Callable[[int], VectorStore]


def unit_vectors(n: int, dimensions: int, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).normal(size=(n, dimensions)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


@pytest.fixture(params=STORES)
def make_store(request: pytest.FixtureRequest) -> MakeStore:
    make: MakeStore = request.param
    return make


def test_every_vector_finds_itself(make_store: MakeStore) -> None:
    store, vectors = make_store(16), unit_vectors(50, 16)
    store.add(vectors)
    scores, numbers = store.search(vectors, 3)
    assert numbers[:, 0].tolist() == list(range(50))
    assert np.allclose(scores[:, 0], 1, atol=1e-5)
    assert (np.diff(scores, axis=1) <= 0).all()


def test_numbers_go_on_over_several_adds(make_store: MakeStore) -> None:
    store, vectors = make_store(8), unit_vectors(9, 8)
    store.add(vectors[:4])
    store.add(vectors[4:])
    assert len(store) == 9
    assert store.search(vectors[7:8], 1)[1].tolist() == [[7]]
    assert np.array_equal(store.vectors(), vectors)


def test_an_empty_store_finds_nothing(make_store: MakeStore) -> None:
    scores, numbers = make_store(4).search(unit_vectors(2, 4), 5)
    assert scores.shape == numbers.shape == (2, 0)


def test_no_more_than_there_are(make_store: MakeStore) -> None:
    store = make_store(4)
    store.add(unit_vectors(3, 4))
    assert store.search(unit_vectors(2, 4), 10)[1].shape == (2, 3)


@pytest.mark.parametrize("shape", [(2, 5), (4,), (1, 2, 4)])
def test_other_shapes_are_refused(make_store: MakeStore, shape: tuple[int, ...]) -> None:
    store = make_store(4)
    with pytest.raises(VectorShapeError, match=r"\(n, 4\)"):
        store.add(np.zeros(shape, np.float32))
    with pytest.raises(VectorShapeError):
        store.search(np.zeros(shape, np.float32), 1)


@pytest.mark.parametrize("make", STORES)
@given(n=st.integers(0, 200), queries=st.integers(1, 5), k=st.integers(1, 20), seed=st.integers(0, 99))
def test_agrees_with_the_plain_matrix(make: MakeStore, n: int, queries: int, k: int, seed: int) -> None:
    vectors, asked = unit_vectors(n, 12, seed), unit_vectors(queries, 12, seed + 1)
    store = make(12)
    store.add(vectors)
    scores, numbers = store.search(asked, k)
    expected = asked @ vectors.T
    assert np.allclose(scores, -np.sort(-expected, axis=1)[:, :k], atol=1e-5)
    assert np.allclose(np.take_along_axis(expected, numbers, axis=1), scores, atol=1e-5)
