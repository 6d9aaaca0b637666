"""Lessons become the pieces that the answer starts and ends with."""

from __future__ import annotations

import re
from itertools import islice

import pytest

from retrieval.reader.recipe.frames import FRAMES
from retrieval.reader.recipe.lessons import Lesson
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


def test_every_question_of_a_frame_can_be_answered_by_one_of_its_sentences() -> None:
    for sentences, questions in FRAMES:
        slots = [set(re.findall(r"\{(\w)\}", sentence)) for sentence in sentences]
        assert all(any(slot in of for of in slots) for slot in questions)
