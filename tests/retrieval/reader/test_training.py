"""Lessons become the pieces that the answer starts and ends with."""

from __future__ import annotations

from itertools import islice

import pytest

from generation.pocket.recipe.natural.lessons import Lesson
from generation.pocket.recipe.natural.slots import SLOT, kinds
from generation.pocket.recipe.natural.topics import topics
from retrieval.reader.recipe.train import LONGEST, batches, task

PASSAGE = "The ferry sank in 1883. Nobody drowned, as Jo Marrow-Lane had rowed out to it."


@pytest.mark.parametrize("answer", ["1883", "Jo Marrow-Lane", "The ferry", "rowed out to it"])
def test_the_wanted_pieces_are_those_of_the_answer(answer: str) -> None:
    start = PASSAGE.index(answer)
    made = task(Lesson("Who rowed?", PASSAGE, (start, start + len(answer))))
    assert made
    window, first, last = made
    places = window.places[first - window.first], window.places[last - window.first]
    assert PASSAGE[places[0][0] : places[1][1]] == answer


def test_no_answer_points_at_the_first_mark_and_what_is_too_long_is_left_out() -> None:
    made = task(Lesson("Who rowed?", PASSAGE, None))
    assert made and made[1:] == (0, 0)
    assert task(Lesson("Who rowed?", PASSAGE * LONGEST, None)) is None


def test_batches_hold_windows_of_like_length() -> None:
    lessons = (Lesson("Who rowed?", PASSAGE * (1 + i % 4), None) for i in range(10_000))
    for batch in islice(batches(lessons), 20):
        lengths = [len(window.ids) for window, _, _ in batch]
        assert max(lengths) - min(lengths) < 60


EVERY_TOPIC = [*topics(held_out=False), *topics(held_out=True)]


def test_every_question_of_a_topic_asks_for_something_that_a_sentence_of_its_fact_tells() -> None:
    for fact in (fact for topic in EVERY_TOPIC for fact in topic.facts):
        told = {slot for sentence in fact.sentences for slot in SLOT.findall(sentence)}
        assert fact.questions.keys() <= told


def test_every_slot_is_of_a_known_kind() -> None:
    known = {*kinds(), "name", "noun", "nouns", "Noun", "celebrity", "location", "year"}
    forms = [form for of in kinds().values() for form in of]
    assert {kind.rstrip("0123456789") for form in forms for kind in SLOT.findall(form)} <= known
    for topic in EVERY_TOPIC:
        said = [form for of in topic.own.values() for form in of]
        for fact in topic.facts:
            said += [*fact.sentences, *(question for of in fact.questions.values() for question in of)]
        used = {slot for form in said for slot in SLOT.findall(form)} - topic.own.keys()
        assert {slot if slot in known else slot.rstrip("0123456789") for slot in used} <= known
