"""Requests that wait together are answered together, and one that cannot be answered harms no other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from generation.errors import ContextTooLongError
from generation.language_model import Generation, Request
from generation.messages import Message
from generation.scripted_model import ScriptedModel
from service.engine.batching import Batcher


class Weights:
    """Shared weights that note each batch; the first batch waits until all others are in the queue."""

    def __init__(self, batcher: Batcher, callers: int) -> None:
        self.batches: list[list[str]] = []
        self._batcher, self._callers = batcher, callers

    def generate_mixed(self, asked: Sequence[tuple[Request, Any]]) -> list[Generation]:
        self.batches.append([variant for _, variant in asked])
        while len(self.batches) == 1 and self._batcher.waiting(self) < self._callers - len(asked):
            time.sleep(0.001)
        texts = [request.messages[-1].content for request, _ in asked]
        if "too long" in texts:
            raise ContextTooLongError("too long")
        return [
            Generation(f"{variant}: {text}", 1, 1, 0.0, "stop")
            for (_, variant), text in zip(asked, texts, strict=True)
        ]


class Named(ScriptedModel):
    """One of the names of shared weights."""

    def __init__(self, name: str, mixer: Weights) -> None:
        super().__init__(name, {})
        self.mixer, self.variant = mixer, name


def ask(text: str) -> list[Request]:
    return [Request((Message("user", text),))]


def test_callers_that_wait_are_answered_in_few_batches_and_each_gets_its_own() -> None:
    batcher = Batcher()
    weights = Weights(batcher, 10)
    with ThreadPoolExecutor(10) as pool:
        names = [f"adapter-{i}" for i in range(10)]
        waiting = [pool.submit(batcher.generate, Named(name, weights), ask(name)) for name in names]
        said = [future.result()[0].text for future in waiting]
    assert said == [f"{name}: {name}" for name in names]
    assert sorted(name for batch in weights.batches for name in batch) == sorted(names)
    assert len(weights.batches) == 2


def test_a_request_that_cannot_be_answered_fails_alone() -> None:
    batcher = Batcher()
    weights = Weights(batcher, 3)
    tickets = [("a", "x"), ("b", "too long"), ("c", "y")]
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(batcher.generate, Named(name, weights), ask(text)) for name, text in tickets]
        assert [waiting[i].result()[0].text for i in (0, 2)] == ["a: x", "c: y"]
        with pytest.raises(ContextTooLongError):
            waiting[1].result()


def test_a_model_of_its_own_is_asked_directly() -> None:
    [said] = Batcher().generate(ScriptedModel("plain", {"hello": "hi"}), ask("hello"))
    assert said.text == "hi"
