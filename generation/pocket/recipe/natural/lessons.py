"""Lessons: a question, a passage with other sentences around the answer, or without any answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from generation.pocket.recipe.natural.glosses import kinds, name_of, said
from generation.pocket.recipe.natural.grammar import parse
from generation.pocket.recipe.natural.pages import brought_up, pages
from generation.pocket.recipe.natural.questions import ask, of_another
from generation.pocket.recipe.natural.reports import Report, as_asked, report
from generation.pocket.recipe.natural.topics import topics
from generation.pocket.recipe.natural.wordnet import PERSON, Sense

UNANSWERABLE = 0.4
"""Share of lessons whose passage does not answer."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A question about a passage, and where the answer stands in it, if it does."""

    question: str
    passage: str
    answer: tuple[int, int] | None


def lessons(seed: int, held_out: bool = False) -> Iterator[Lesson]:
    """Endless lessons; held-out ones share no paragraph and no invented word with the others."""
    rng = Random(seed)
    makers = (_of_prose, _of_glosses, _of_reports)
    while True:
        found = rng.choices(makers, (0.45, 0.1, 0.45))[0](rng, held_out)
        if found:
            yield found


def _of_prose(rng: Random, held_out: bool) -> Lesson | None:
    """A sentence of a manual among those that stand around it."""
    known = pages(held_out)
    at = rng.randrange(len(known))
    near = [s for page in known[at : at + rng.randint(1, 5)] for s in page]
    return _lesson(rng, near[: rng.randint(2, 9)], [s for p in known[at + 6 : at + 9] for s in p], held_out)


def _of_glosses(rng: Random, held_out: bool) -> Lesson | None:
    """What things and people are, several at a time, alike ones more often than not."""
    known = kinds(held_out)
    count, alike = rng.randint(2, 6), rng.random() < 0.7
    pool = rng.choice(known) if alike else [rng.choice(kind) for kind in rng.sample(known, 8)]
    drawn = rng.sample(pool, min(len(pool), count + 1))
    told = [said(rng, sense) for sense in drawn]
    if rng.random() < 0.25:
        return _definition(rng, drawn, told)
    return _lesson(rng, told[:-1], told[-1:], held_out)


def _definition(rng: Random, drawn: list[Sense], all_told: list[str]) -> Lesson | None:
    """`What is a merganser?`, or the name for what a gloss says."""
    sense, told, others = drawn[0], all_told[0], all_told[1:]
    name = name_of(sense)
    at = told.find(sense.gloss)
    if at < 0 or len(sense.gloss.split()) > 16:
        return None
    asked = rng.choice(
        [
            "What is {}?",
            "What does {} mean?",
            "Define {}.",
            "What is meant by {}?",
            "What kind of thing is {}?",
        ]
    )
    if sense.file == PERSON:
        asked = rng.choice(["Who was {}?", "Who is {}?", "What is {} known for?", "What was {}?"])
    question, answer = asked.format(name), (at, at + len(sense.gloss))
    if rng.random() < 0.4 and name in told:
        asked = rng.choice(
            ["What is the name for {}?", "What is {} called?", "Which word means {}?", "What do you call {}?"]
        )
        question, answer = asked.format(sense.gloss), (told.index(name), told.index(name) + len(name))
    if rng.random() < UNANSWERABLE:
        return Lesson(question, " ".join(others), None) if others else None
    return _placed(rng, question, told, answer, others)


def _of_reports(rng: Random, held_out: bool) -> Lesson | None:
    """An invented report among others, often of the same kind, and sentences of real prose."""
    topic = rng.choice(topics(held_out))
    chosen, *alike = [report(rng, topic, held_out) for _ in range(rng.choice((1, 1, 1, 2)))]
    unanswerable = rng.random() < UNANSWERABLE
    left_open = unanswerable and chosen.open and rng.random() < 0.7
    question, start, end = rng.choice([(q, 0, 0) for q in chosen.open] if left_open else chosen.asked)
    if chosen.name not in question and (held_out or rng.random() < 0.2):
        question = f"{chosen.name}: {question}"
    if chosen.name not in question:
        alike = []  # only the name tells reports of one kind apart
    heading = _heading(chosen) if held_out or alike or rng.random() < 0.2 else ""
    others = [_heading(one) + one.text for one in alike]
    others += [report(rng, rng.choice(topics(held_out)), held_out).text for _ in range(rng.randint(0, 1))]
    others += rng.choice(pages(held_out))[: rng.randint(0, 2)]
    rng.shuffle(others)
    asked = as_asked(rng, question)
    if left_open:
        return Lesson(asked, _placed(rng, asked, heading + chosen.text, (0, 1), others).passage, None)
    if unanswerable:
        return Lesson(asked, " ".join(others), None) if others else None
    return _placed(rng, asked, heading + chosen.text, (len(heading) + start, len(heading) + end), others)


def _heading(of: Report) -> str:
    return f"{of.name[0].upper()}{of.name[1:]}. " if of.name else ""


def _lesson(rng: Random, near: list[str], far: list[str], held_out: bool) -> Lesson | None:
    """A question about one of the near sentences, or one that they leave open."""
    if len(near) < 2:
        return None
    at = rng.randrange(len(near))
    sentence = parse(near[at])
    if sentence.subject is None and rng.random() < 0.8:
        return None
    made = ask(rng, sentence)
    if not made:
        return None
    question, found = made
    if rng.random() < UNANSWERABLE:
        gone, draw = found.text, rng.random()
        left = [s for i, s in enumerate(near) if i != at] + far[:2]
        if draw < 0.2:
            (question, gone), left = of_another(rng, question, sentence, found), near
        elif draw >= 0.5:
            left = brought_up(rng, question, near[at], held_out)
        passage = " ".join(left)
        return Lesson(question, passage, None) if gone.lower() not in passage.lower() else None
    before, after = " ".join(near[:at]), " ".join(near[at + 1 :])
    start = len(before) + bool(before)
    passage = " ".join(part for part in (before, near[at], after) if part)
    return Lesson(question, passage, (start + found.start, start + found.end))


def _placed(rng: Random, question: str, told: str, answer: tuple[int, int], others: list[str]) -> Lesson:
    at = rng.randint(0, len(others))
    before = " ".join(others[:at])
    start = len(before) + bool(before)
    passage = " ".join(part for part in (before, told, " ".join(others[at:])) if part)
    return Lesson(question, passage, (start + answer[0], start + answer[1]))
