"""Requests to the same weights are written together, and one that cannot be answered harms no other."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from generation.errors import ContextTooLongError
from generation.language_model import Generation, Request
from generation.messages import Message
from generation.scripted_model import ScriptedModel
from service.engine.batching import Batcher


@dataclass(eq=False)
class Draft:
    """Says its text letter by letter; an endless one, nearly so, until nobody listens."""

    text: str
    said: str = ""
    told: int = 0
    is_given_up: bool = False

    @property
    def is_finished(self) -> bool:
        length = 50_000 if "endless" in self.text else len(self.text)
        return self.is_given_up or len(self.said) >= length

    def news(self) -> str:
        fresh, self.told = self.said[self.told :], len(self.said)
        return fresh

    def generation(self) -> Generation:
        return Generation(self.said, 1, len(self.said), 0.0, "stop")

    def give_up(self) -> None:
        self.is_given_up = True


@dataclass
class Writing:
    """Notes who wrote together last."""

    weights: Weights
    drafts: list[Draft] = field(default_factory=list)

    @property
    def is_done(self) -> bool:
        return all(draft.is_finished for draft in self.drafts)

    def has_room(self, drafts: Sequence[Any]) -> bool:
        return True

    def join(self, drafts: Sequence[Any]) -> None:
        self.drafts += drafts
        if any("breaks" in draft.text for draft in drafts):
            raise RuntimeError("out of memory")

    def go_on(self) -> None:
        self.drafts = [draft for draft in self.drafts if not draft.is_finished]
        self.weights.together = [draft.text for draft in self.drafts]
        for draft in self.drafts:
            draft.said += (draft.text + "." * len(draft.said))[len(draft.said)]


class Weights:
    """Shared weights."""

    def __init__(self) -> None:
        self.together: list[str] = []

    def draft(self, request: Request, variant: Any) -> Draft:
        if request.messages[-1].content == "too long":
            raise ContextTooLongError("too long")
        return Draft(f"{variant}: {request.messages[-1].content}")

    def writing(self) -> Writing:
        return Writing(self)


class Named(ScriptedModel):
    """One of the names of shared weights."""

    def __init__(self, name: str, mixer: Weights) -> None:
        super().__init__(name, {})
        self.mixer, self.variant = mixer, name


def ask(text: str) -> Request:
    return Request((Message("user", text),))


def test_who_comes_later_joins_what_is_being_written_and_each_gets_its_own() -> None:
    batcher, weights = Batcher(), Weights()
    endless = batcher.stream(Named("a", weights), ask("endless"))
    assert next(endless) == "a"
    later = batcher.generate(Named("b", weights), [ask("x"), ask("and y")])
    assert [one.text for one in later] == ["b: x", "b: and y"]
    *pieces, whole = batcher.stream(Named("c", weights), ask("z"))
    assert isinstance(whole, Generation) and whole.text == "".join(map(str, pieces)) == "c: z"
    assert "a: endless" in weights.together
    assert str(next(endless)).startswith(":")
    endless.close()  # type: ignore[attr-defined]


def test_nothing_more_is_written_for_who_stopped_listening() -> None:
    batcher, weights = Batcher(), Weights()
    endless = batcher.stream(Named("a", weights), ask("endless"))
    next(endless)
    endless.close()  # type: ignore[attr-defined]
    batcher.generate(Named("b", weights), [ask("x")])
    assert weights.together == ["b: x"]


def test_a_request_that_cannot_be_answered_fails_alone() -> None:
    batcher, weights = Batcher(), Weights()
    with ThreadPoolExecutor(3) as pool:
        waiting = [
            pool.submit(batcher.generate, Named("a", weights), [ask(text)]) for text in ("1", "too long", "2")
        ]
        assert [waiting[i].result()[0].text for i in (0, 2)] == ["a: 1", "a: 2"]
        with pytest.raises(ContextTooLongError):
            waiting[1].result()


def test_a_failure_of_the_weights_reaches_who_waits_and_the_next_is_answered() -> None:
    batcher, weights = Batcher(), Weights()
    with pytest.raises(RuntimeError, match="out of memory"):
        batcher.generate(Named("a", weights), [ask("breaks")])
    assert batcher.generate(Named("a", weights), [ask("1")])[0].text == "a: 1"


def test_a_model_of_its_own_is_asked_directly() -> None:
    plain = ScriptedModel("plain", {"hello": "hi there"})
    assert Batcher().generate(plain, [ask("hello")])[0].text == "hi there"
    assert [str(piece) for piece in Batcher().stream(plain, ask("hello"))][:-1] == ["hi", " there"]
