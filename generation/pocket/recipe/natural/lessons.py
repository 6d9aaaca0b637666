"""Lessons: a question, a passage with other sentences around the answer, or without any answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

from generation.pocket.recipe.natural.grammar import parse
from generation.pocket.recipe.natural.questions import ask
from generation.pocket.recipe.natural.reports import Report, as_asked, report
from generation.pocket.recipe.natural.topics import topics
from generation.pocket.recipe.natural.wordnet import PERSON, Sense, senses
from generation.pocket.recipe.prose import paragraphs
from generation.pocket.recipe.words import is_held_out

UNANSWERABLE = 0.3
"""Share of lessons whose passage does not answer."""
_ODD = re.compile(
    r"[<>=_$|{}\[\]\\*#@^~`]|--|\w/\w|::|\(\)|e\.g|i\.e|\b[a-z]+\.[a-z]|\w\(\d\)|[Gg]cloud|BETA|ALPHA|:$"
)
_YEARS = re.compile(r"(\d{3,4})-(\d{3,4})")


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
        found = rng.choices(makers, (0.3, 0.1, 0.6))[0](rng, held_out)
        if found:
            yield found


def _of_prose(rng: Random, held_out: bool) -> Lesson | None:
    """A sentence of a manual among those that stand around it."""
    pages = _prose(held_out)
    at = rng.randrange(len(pages))
    near = [s for page in pages[at : at + rng.randint(1, 5)] for s in page]
    return _lesson(rng, near[: rng.randint(2, 7)], [s for p in pages[at + 6 : at + 9] for s in p])


def _of_glosses(rng: Random, held_out: bool) -> Lesson | None:
    """What things and people are, several at a time, alike ones more often than not."""
    known = _kinds(held_out)
    count, alike = rng.randint(2, 6), rng.random() < 0.7
    pool = rng.choice(known) if alike else [rng.choice(kind) for kind in rng.sample(known, 8)]
    drawn = rng.sample(pool, min(len(pool), count + 1))
    said = [_said(rng, sense) for sense in drawn]
    if rng.random() < 0.25:
        return _definition(rng, drawn, said)
    return _lesson(rng, said[:-1], said[-1:])


def _definition(rng: Random, drawn: list[Sense], said: list[str]) -> Lesson | None:
    """`What is a merganser?`, or the name for what a gloss says."""
    (sense, told), others = (drawn[0], said[0]), said[1:]
    name = _name(sense)
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
    left_open = unanswerable and chosen.open and rng.random() < 0.6
    question, start, end = rng.choice([(q, 0, 0) for q in chosen.open] if left_open else chosen.asked)
    if chosen.name not in question and (held_out or rng.random() < 0.2):
        question = f"{chosen.name}: {question}"
    if chosen.name not in question:
        alike = []  # only the name tells reports of one kind apart
    heading = _heading(chosen) if held_out or alike or rng.random() < 0.2 else ""
    others = [_heading(one) + one.text for one in alike]
    others += [report(rng, rng.choice(topics(held_out)), held_out).text for _ in range(rng.randint(0, 1))]
    others += rng.choice(_prose(held_out))[: rng.randint(0, 2)]
    rng.shuffle(others)
    asked = as_asked(rng, question)
    if left_open:
        return Lesson(asked, _placed(rng, asked, heading + chosen.text, (0, 1), others).passage, None)
    if unanswerable:
        return Lesson(asked, " ".join(others), None) if others else None
    return _placed(rng, asked, heading + chosen.text, (len(heading) + start, len(heading) + end), others)


def _heading(of: Report) -> str:
    return f"{of.name[0].upper()}{of.name[1:]}. " if of.name else ""


def _lesson(rng: Random, near: list[str], far: list[str]) -> Lesson | None:
    """A question about one of the near sentences; without an answer where that one is taken away."""
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
    others = [s for i, s in enumerate(near) if i != at]
    if rng.random() < UNANSWERABLE:
        passage = " ".join(others + far[:2])
        return Lesson(question, passage, None) if _answer_is_gone(found.text, passage) else None
    before, after = " ".join(near[:at]), " ".join(near[at + 1 :])
    start = len(before) + bool(before)
    passage = " ".join(part for part in (before, near[at], after) if part)
    return Lesson(question, passage, (start + found.start, start + found.end))


def _answer_is_gone(answer: str, passage: str) -> bool:
    return answer.lower() not in passage.lower()


def _placed(rng: Random, question: str, told: str, answer: tuple[int, int], others: list[str]) -> Lesson:
    at = rng.randint(0, len(others))
    before = " ".join(others[:at])
    start = len(before) + bool(before)
    passage = " ".join(part for part in (before, told, " ".join(others[at:])) if part)
    return Lesson(question, passage, (start + answer[0], start + answer[1]))


@cache
def _prose(held_out: bool) -> list[tuple[str, ...]]:
    seen: set[str] = set()
    found = []
    for page in paragraphs():
        clean = tuple(s for s in page if not _ODD.search(s) and s[0].isupper() and s not in seen)
        seen.update(clean)
        if clean and is_held_out(page[0]) == held_out:
            found.append(clean)
    return found


@cache
def _kinds(held_out: bool) -> list[list[Sense]]:
    """Nouns that fall under the same word, at least three of each."""
    found: dict[str, list[Sense]] = {}
    for sense in senses("n").values():
        if sense.parents and 4 <= len(sense.gloss.split()) <= 40 and is_held_out(sense.lemmas[0]) == held_out:
            found.setdefault(sense.parents[0], []).append(sense)
    return [kind for kind in found.values() if len(kind) >= 3]


def _name(sense: Sense) -> str:
    return max(sense.lemmas, key=len) if sense.file == PERSON else sense.lemmas[0]


def _said(rng: Random, sense: Sense) -> str:
    """The gloss as a sentence."""
    name, gloss = _name(sense), sense.gloss
    article = "" if sense.lemmas[0][0].isupper() else "An " if name[0] in "aeiou" else "A "
    years = _YEARS.search(sense.note)
    verb = "was" if sense.file == PERSON and years else "is"
    if article and rng.random() < 0.4:
        article = "The "
    if not gloss.startswith(("a ", "an ", "the ", "any ", "one ")) and rng.random() < 0.8:
        gloss = f"{'an' if gloss[0] in 'aeiou' else 'a'} {gloss}"
    if years and rng.random() < 0.5:
        born, died = years.groups()
        life = rng.choice(
            [" ({b}-{d})", ", who lived from {b} to {d},", ", born in {b},", " (born {b}, died {d})"]
        )
        name += life.format(b=born, d=died)
    also = f", also called {sense.lemmas[1]}," if len(sense.lemmas) > 1 and rng.random() < 0.15 else ""
    return f"{article}{name}{also} {verb} {gloss}."
