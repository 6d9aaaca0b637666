"""The rules of one answer, token by token; a token is a character here."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.answer import Answer, cut, settled
from generation.choices import ChoiceTree
from generation.language_model import Request

END = 0
letters = st.text("ab.", max_size=12)
stops = st.lists(st.text("ab.", min_size=1, max_size=3), max_size=2).map(tuple)


def decode(tokens: list[int]) -> str:
    return "".join(map(chr, tokens))


def written(text: str, stop: tuple[str, ...], limit: int = 99) -> tuple[Answer, list[str]]:
    answer, shown = Answer(Request((), max_tokens=limit, stop=stop), {END}, decode), [""]
    for token in [*map(ord, text), END]:
        answer.take(token, 0.0)
        shown.append(answer.shown())
        if answer.finish_reason:
            break
    return answer, shown


@given(letters, stops)
def test_an_answer_ends_before_its_first_stop(text: str, stop: tuple[str, ...]) -> None:
    answer, _ = written(text, stop)
    assert text.startswith(answer.text)
    assert not any(one in answer.text for one in stop)
    assert len(stop) == 2 or answer.text == cut(text, stop)[0]
    assert answer.finish_reason == "stop"


@given(letters, stops)
def test_what_was_shown_is_never_taken_back(text: str, stop: tuple[str, ...]) -> None:
    answer, shown = written(text, stop)
    assert all(later.startswith(earlier) for earlier, later in pairwise(shown))
    assert shown[-1] == answer.text


@given(letters, letters, stops)
def test_what_has_settled_stays_whatever_follows(text: str, rest: str, stop: tuple[str, ...]) -> None:
    assert cut(text + rest, stop)[0].startswith(settled(text, stop))


@given(letters, st.integers(1, 5))
def test_an_answer_keeps_its_limit(text: str, limit: int) -> None:
    answer, _ = written(text, (), limit)
    assert answer.text == text[:limit]
    assert answer.finish_reason == ("length" if len(text) >= limit else "stop")


def test_half_a_character_is_not_shown() -> None:
    halves = "é".encode()
    answer = Answer(Request(()), {END}, lambda tokens: bytes(tokens).decode(errors="replace"))
    answer.take(halves[0], 0.0)
    assert answer.shown() == ""
    answer.take(halves[1], 0.0)
    assert answer.shown() == "é"


@given(st.lists(st.text("abc", max_size=4), min_size=1, max_size=5), st.data())
def test_every_walk_through_the_tree_ends_in_a_choice(choices: list[str], data: st.DataObject) -> None:
    tree = ChoiceTree([(choice, [*map(ord, choice), END]) for choice in choices])
    answer = Answer(Request((), choices=tuple(choices), max_tokens=1), {END}, decode, tree)
    walked = []
    while not answer.finish_reason:
        walked.append(data.draw(st.sampled_from(answer.allowed)))
        answer.take(walked[-1], -1.0)
    assert answer.text in choices
    assert [*map(ord, answer.text), END][: len(walked)] == walked
    assert answer.confidence == pytest.approx(math.exp(-len(walked)))
