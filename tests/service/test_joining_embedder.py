"""Questions that wait are embedded together, and each caller gets its own vectors."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from retrieval.embedder import Vectors
from retrieval.hashing_embedder import HashingEmbedder
from service.engine.joining_embedder import MOST_TEXTS, JoiningEmbedder


class Slow(HashingEmbedder):
    """Notes each batch; the first waits until so many callers are in the queue."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[list[str]] = []
        self.joined, self.callers = JoiningEmbedder(self), 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.batches.append(list(texts))
        while len(self.batches) == 1 and self.joined.waiting < self.callers - 1:
            time.sleep(0.001)
        if "unreadable" in texts:
            raise ValueError("unreadable")
        return super().embed(texts)


@pytest.fixture
def slow() -> Slow:
    return Slow()


def ask_together(slow: Slow, questions: Sequence[Sequence[str]]) -> list[Vectors | Exception]:
    """What each caller is told; the first is under way before the others come."""
    slow.callers = len(questions)

    def ask(texts: Sequence[str]) -> Vectors | Exception:
        try:
            return slow.joined.embed(texts)
        except ValueError as error:
            return error

    with ThreadPoolExecutor(len(questions)) as pool:
        first = pool.submit(ask, questions[0])
        while not slow.batches:
            time.sleep(0.001)
        return [one.result() for one in [first, *[pool.submit(ask, texts) for texts in questions[1:]]]]


def test_who_waits_is_answered_with_the_others_that_wait(slow: Slow) -> None:
    questions = [[f"question {n} of {part}" for part in range(1 + n % 3)] for n in range(12)]
    for texts, vectors in zip(questions, ask_together(slow, questions), strict=True):
        np.testing.assert_array_equal(vectors, HashingEmbedder().embed(texts))
    assert len(slow.batches) == 2 and slow.batches[0] == questions[0]


def test_a_turn_has_an_end(slow: Slow) -> None:
    questions = [["first"], *[[f"{n}"] * (MOST_TEXTS // 2) for n in range(5)]]
    assert all(isinstance(said, np.ndarray) for said in ask_together(slow, questions))
    assert [len(batch) for batch in slow.batches] == [1, MOST_TEXTS, MOST_TEXTS, MOST_TEXTS // 2]


def test_a_text_that_cannot_be_read_harms_only_its_caller(slow: Slow) -> None:
    first, bad, good = ask_together(slow, [["first"], ["unreadable"], ["good"]])
    assert isinstance(bad, ValueError)
    np.testing.assert_array_equal(good, HashingEmbedder().embed(["good"]))
    assert isinstance(first, np.ndarray)
    assert len(slow.joined.embed(["later"])) == 1 and slow.joined.embed([]).shape == (0, slow.dimensions)
