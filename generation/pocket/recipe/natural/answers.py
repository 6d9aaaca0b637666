"""Stretches of a sentence that somebody could ask for, and of what kind each is."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass

from generation.pocket.recipe.natural.grammar import NOMINAL, Sentence
from generation.pocket.recipe.natural.wordnet import LOCATION, PERSON, TIME, base, first_sense

_YEAR = re.compile(r"1[0-9]\d\d|20\d\d")
_TIMES = (
    "second",
    "minute",
    "hour",
    "day",
    "week",
    "month",
    "year",
    "century",
    "decade",
    "morning",
    "evening",
)
_MONTHS = frozenset(month.lower() for month in calendar.month_name[1:])
_ENDERS = {".", ";", ":", ","}
_POINTERS = {"this", "that", "these", "those", "it", "another"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A stretch of a sentence: tokens `first` to `last`, the latter not included."""

    text: str
    start: int
    """In characters of the sentence."""
    end: int
    first: int
    last: int
    kind: str
    head: str
    """Its last noun."""
    counted: str
    """What a number counts, where it does."""
    weight: float

    @property
    def clause(self) -> bool:
        """Whether it is more than a noun phrase."""
        return self.kind in ("reason", "means", "purpose", "predicate")


def answers(sentence: Sentence) -> list[Answer]:
    """Everything in the sentence that can be asked for."""
    return [*_phrases(sentence), *_clauses(sentence)]


def _phrases(sentence: Sentence) -> Iterator[Answer]:
    tokens = sentence.tokens
    for number, (first, last) in enumerate(sentence.phrases):
        if tokens[first].text.lower() in _POINTERS:
            continue
        if tokens[first].tag in ("D", "O") and last - first > 1:
            first += 1
        yield _phrase(sentence, first, last)
        if tokens[first].tag == "#" and last - first > 1:
            yield _made(sentence, first, first + 1, "number", tokens[first:last][-1].text, 0.7)
        joined = _joined(sentence, number)
        if joined > last:
            yield _made(sentence, first, joined, _kind(sentence, first, last), tokens[last - 1].text, 0.6)


def _joined(sentence: Sentence, number: int) -> int:
    """Where a chain of phrases joined by `of`, `and` and commas ends."""
    end = sentence.phrases[number][1]
    for start, last in sentence.phrases[number + 1 :]:
        between = [w.lower() for w in sentence.words(end, start)]
        if start == sentence.subject or between not in (
            ["of"],
            ["and"],
            ["or"],
            [","],
            [",", "and"],
            ["for"],
            ["in"],
        ):
            break
        end = last
    return end


def _phrase(sentence: Sentence, first: int, last: int) -> Answer:
    kind = _kind(sentence, first, last)
    weight = {"thing": 0.8, "number": 1.5, "year": 2.0, "time": 1.5}.get(kind, 1.6)
    if kind == "thing" and last - first == 1:
        weight = 0.4
    return _made(sentence, first, last, kind, sentence.tokens[last - 1].text, weight)


def _kind(sentence: Sentence, first: int, last: int) -> str:
    tokens = sentence.tokens[first:last]
    words = [token.text.lower() for token in tokens]
    if any(_YEAR.fullmatch(word) for word in words) and len(words) <= 3:
        return "year"
    if base(words[-1], "n") in _TIMES or any(word in _MONTHS for word in words[:-1]):
        return "time"
    if tokens[0].tag == "#":
        return "number"
    sense = first_sense("_".join(words)) or first_sense(words[-1])
    if sense and tokens[-1].tag in NOMINAL:
        named = {PERSON: "person", LOCATION: "place", TIME: "time"}.get(sense.file)
        if named:
            return named
    return "name" if tokens[-1].tag == "E" else "thing"


def _clauses(sentence: Sentence) -> Iterator[Answer]:
    tokens, verb = sentence.tokens, sentence.verb
    if sentence.subject is None:
        return
    for at in range(verb + 1, len(tokens) - 2):
        if 2 <= _end(sentence, at + 1) - at <= 16:
            yield from _led(sentence, at)
    end = _end(sentence, verb + 1)
    if tokens[verb].tag == "B" and 3 <= end - verb <= 16:
        first = verb + 1 + (tokens[verb + 1].tag == "D")
        yield _made(sentence, first, end, "predicate", "", 1.2)
    elif tokens[verb].tag in ("VZ", "VD", "VP") and 4 <= end - verb <= 14:
        yield _made(sentence, verb + 1, end, "predicate", "", 0.5)


def _led(sentence: Sentence, at: int) -> Iterator[Answer]:
    """What a word such as `because` leads in."""
    word, before, following = (
        sentence.tokens[at].text.lower(),
        sentence.tokens[at - 1],
        sentence.tokens[at + 1],
    )
    end = _end(sentence, at + 1)
    if word in ("because", "since") and following.tag not in ("#", "."):
        yield _made(sentence, at + (word == "because"), end, "reason", "", 2.0)
    elif word == "by" and following.tag == "VG":
        yield _made(sentence, at, end, "means", "", 2.0)
    elif word == "to" and following.tag == "V" and before.tag in NOMINAL:
        yield _made(sentence, at, end, "purpose", "", 1.0)


def _end(sentence: Sentence, start: int) -> int:
    ends = (i for i in range(start, len(sentence.tokens)) if sentence.tokens[i].text in _ENDERS)
    return next(ends, len(sentence.tokens))


def _made(sentence: Sentence, first: int, last: int, kind: str, head: str, weight: float) -> Answer:
    start, end = sentence.tokens[first].start, sentence.tokens[last - 1].end
    counted = ""
    if kind == "number" and last < len(sentence.tokens) and sentence.tokens[last].tag == "N":
        counted = sentence.tokens[last].text
    return Answer(sentence.text[start:end], start, end, first, last, kind, head, counted, weight)
