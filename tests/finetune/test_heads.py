"""Linear heads on vectors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.errors import HeadError
from finetune.heads import Head


def clouds(labels: list[str], each: int) -> tuple[np.ndarray, list[str]]:
    """Unit vectors around one axis for each label."""
    dice = np.random.default_rng(0)
    centres = np.repeat(np.eye(8)[: len(labels)], each, axis=0)
    vectors = centres + 0.2 * dice.normal(size=centres.shape)
    named = [label for label in labels for _ in range(each)]
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), named


@pytest.mark.parametrize("labels", [["a", "b"], ["a", "b", "c", "d"]])
@pytest.mark.parametrize("each", [1, 2, 20])
def test_it_learns_from_few_and_from_many(labels: list[str], each: int) -> None:
    vectors, named = clouds(labels, each)
    head = Head.fit(vectors, named, seed=0)
    assert head.predict(vectors) == named
    chances = head.probabilities(vectors)
    assert chances.shape == (len(named), len(labels))
    assert np.allclose(chances.sum(axis=1), 1, atol=1e-5)


def test_it_says_the_same_as_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression

    for labels in (["a", "b"], ["a", "b", "c"]):
        vectors, named = clouds(labels, 2)
        reference = LogisticRegression(C=10.0, max_iter=1000).fit(vectors, named)
        ours = Head.fit(vectors, named, seed=0).probabilities(vectors)
        assert np.allclose(ours, reference.predict_proba(vectors), atol=1e-4)


def test_a_class_with_one_example_among_large_ones_is_kept() -> None:
    vectors, named = clouds(["a", "b"], 20)
    rare = np.eye(8, dtype=np.float32)[5:6]
    head = Head.fit(np.vstack([vectors, rare]), [*named, "rare"], seed=0)
    assert head.predict(rare) == ["rare"]


def test_a_single_class_is_always_said() -> None:
    head = Head.fit([[0.1, 0.2]], ["only"], seed=0)
    assert head.predict([[5.0, -5.0], [0.0, 0.0]]) == ["only", "only"]


def test_lists_will_do_and_nothing_gives_nothing() -> None:
    head = Head.fit([[1.0, 0.0], [0.0, 1.0]], ["x", "y"], seed=0)
    assert head.predict([[0.9, 0.1]]) == ["x"]
    assert head.predict([]) == []


@given(st.lists(st.text(min_size=1), min_size=2, max_size=5, unique=True))
def test_any_label_survives_the_disk(tmp_path_factory: pytest.TempPathFactory, labels: list[str]) -> None:
    folder = tmp_path_factory.mktemp("head") / "new"
    vectors, named = clouds(labels, 1)
    head = Head.fit(vectors, named, seed=0)
    head.save(folder)
    assert np.array_equal(Head.load(folder).probabilities(vectors), head.probabilities(vectors))
    assert Head.load(folder).labels == head.labels


def test_a_folder_without_a_whole_head_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HeadError, match="fit it again"):
        Head.load(tmp_path)
    (tmp_path / "head.json").write_text(json.dumps({"labels": ["a"]}))
    with pytest.raises(HeadError, match="fit it again"):
        Head.load(tmp_path)


@pytest.mark.parametrize(("vectors", "labels"), [([], []), ([[1.0]], ["a", "b"])])
def test_vectors_and_labels_must_match(vectors: list[list[float]], labels: list[str]) -> None:
    with pytest.raises(HeadError, match="one for each"):
        Head.fit(vectors, labels, seed=0)
