"""Questions as people ask them, about passages of natural sentences; several passages, a question to each."""

from __future__ import annotations

from itertools import islice
from random import Random

from generation.pocket.recipe.episode import Copy, Episode, Turn, episode
from generation.pocket.recipe.facts import INSTRUCTIONS
from generation.pocket.recipe.natural.lessons import Lesson, lessons
from generation.prompts import UNKNOWN, Passage, render
from generation.words import words_of

MOST_CLUES = 6
"""Words of a question by which an answer is found in the lessons on attention."""


def natural_questions(rng: Random, held_out: bool = False, *, dense: int = 3) -> Episode:
    """Up to `dense` lessons at once: the passage of one is in the way of the others."""
    chosen = islice(lessons(rng.randrange(2**31), held_out), rng.randint(1, dense))
    told = [(_turn(lesson), Passage("", lesson.passage)) for lesson in chosen]
    turns, passages = [turn for turn, _ in told], [passage for _, passage in told]
    rng.shuffle(passages)
    opening = render(rng.choice(INSTRUCTIONS), turns[0].asked, passages=passages)
    return episode("natural", opening, turns)


def _turn(lesson: Lesson) -> Turn:
    if lesson.answer is None:
        return Turn(lesson.question, UNKNOWN, (Copy(UNKNOWN),))
    answer = lesson.passage[slice(*lesson.answer)]
    told = set(words_of(lesson.passage))
    clues = [word for word in words_of(lesson.question) if len(word) > 3 and word in told]
    return Turn(lesson.question, answer, (Copy(answer, tuple(clues[:MOST_CLUES])),))
