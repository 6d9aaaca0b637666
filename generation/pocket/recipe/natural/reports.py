"""Invented reports: a topic's facts with values in their slots, each with its questions."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from generation.pocket.recipe.natural.slots import SLOT, Values
from generation.pocket.recipe.natural.topics import Topic

_OPENINGS = ("Hello, ", "Quick question: ", "I have a question. ", "Please tell me: ", "A customer asks: ")


@dataclass(frozen=True, slots=True)
class Report:
    """Sentences about one thing, what can be asked about it, and what they leave open."""

    name: str
    """Of the thing; empty where it has none."""
    text: str
    asked: tuple[tuple[str, int, int], ...]
    """Questions with the place of their answers."""
    open: tuple[str, ...]
    """Questions that another report of the thing would answer."""


def report(rng: Random, topic: Topic, held_out: bool) -> Report:
    """Some of the topic's facts, told in one of their ways."""
    values = Values(rng, held_out, topic.own)
    count = rng.randint(1, min(5, len(topic.facts)))
    told = rng.sample(topic.facts, count) if rng.random() < 0.5 else topic.facts[:count]
    text, asked = "", []
    said: set[str] = set()
    for fact in told:
        sentence, places = _filled(rng.choice(fact.sentences), values)
        start = len(text) + bool(text)
        text = f"{text} {sentence}".strip()
        said |= places.keys()
        for slot in [slot for slot in fact.questions if slot in places]:
            question = values.fill(rng.choice(fact.questions[slot]))
            asked.append((question, start + places[slot][0], start + places[slot][1]))
    left = [
        values.fill(rng.choice(questions))
        for fact in topic.facts
        for slot, questions in fact.questions.items()
        if slot not in said
    ]
    return Report(values["name"] if "name" in topic.own else "", text, tuple(sorted(asked)), tuple(left))


def as_asked(rng: Random, question: str) -> str:
    """The question as somebody in a hurry might put it."""
    draw = rng.random()
    if draw < 0.08:
        return f"{rng.choice(_OPENINGS)}{question[0].lower()}{question[1:]}"
    if draw < 0.2:
        return question.rstrip("?").lower() if draw < 0.14 else question.lower()
    return question.rstrip("?") if draw < 0.26 else question


def _filled(form: str, values: Values) -> tuple[str, dict[str, tuple[int, int]]]:
    """A sentence, and where each slot's value stands in it."""
    text, places = "", {}
    for position, part in enumerate(SLOT.split(form)):
        if position % 2:
            places[part] = (len(text), len(text) + len(values[part]))
        text += values[part] if position % 2 else part
    return text[0].upper() + text[1:], places
