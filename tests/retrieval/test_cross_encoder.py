"""Re-ranking by a model that reads question and text together: a tiny one with random weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from retrieval.cross_encoder import CrossEncoder
from retrieval.errors import RerankerUnusableError
from retrieval.hashing_embedder import HashingEmbedder
from retrieval.library.passages import find_passages
from retrieval.store.records import NewChunk, NewFile
from retrieval.store.store import Store
from tests.tiny_models import save_reranker

TEXTS = ("The ferry sails at noon.", "The ferry is blue.", "At noon the bell of the ferry rings.")
QUESTION = "When does the ferry sail?"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> CrossEncoder:
    return CrossEncoder(save_reranker(tmp_path_factory.mktemp("reranker"), (*TEXTS, QUESTION)))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store.create(tmp_path / "store", HashingEmbedder())
    made.put([NewFile(f"f{n}", "ferry", text, [NewChunk(0, len(text))]) for n, text in enumerate(TEXTS)])
    return made


class Shortest:
    """Takes the shortest text for the best."""

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        return [1 / len(text) for text in texts]


def test_the_order_and_the_scores_are_those_of_the_reranker(store: Store) -> None:
    before = find_passages(store, [QUESTION], 3)
    assert [one.quote for one in before] != sorted(TEXTS, key=len)
    after = find_passages(store, [QUESTION], 3, reranker=Shortest())
    assert [one.quote for one in after] == sorted(TEXTS, key=len)
    assert [one.score for one in after] == [1 / len(one.quote) for one in after]
    strict = find_passages(store, [QUESTION], 3, reranker=Shortest(), threshold=1 / 25)
    assert [one.quote for one in strict] == sorted(TEXTS, key=len)[:2]
    assert len(find_passages(store, [QUESTION], 1, reranker=Shortest())) == 1


def test_a_model_scores_each_pair_as_if_alone(model: CrossEncoder, store: Store) -> None:
    together = model.score(QUESTION, TEXTS)
    assert together == pytest.approx([model.score(QUESTION, [text])[0] for text in TEXTS], abs=1e-5)
    assert all(0 < score < 1 for score in together) and len(set(together)) == 3
    found = find_passages(store, [QUESTION, "What colour?"], 3, reranker=model)
    other = model.score("What colour?", TEXTS)
    expected = {text: max(pair) for text, *pair in zip(TEXTS, together, other, strict=True)}
    assert {one.quote: one.score for one in found} == pytest.approx(expected, abs=1e-5)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert model.score(QUESTION, []) == []
    assert len(model.score("ferry " * 200, ["noon " * 300] * 40)) == 40


def test_a_folder_without_such_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(RerankerUnusableError, match="gives 2 scores"):
        CrossEncoder(save_reranker(tmp_path / "two", TEXTS, labels=2)).score(QUESTION, TEXTS)
    with pytest.raises(RerankerUnusableError, match="no usable re-ranker"):
        CrossEncoder(tmp_path).score(QUESTION, TEXTS)
