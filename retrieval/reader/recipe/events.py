"""Invented reports: people, places, years and numbers in varied sentences, each with its questions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from generation.pocket.recipe.words import Vocabulary
from retrieval.reader.recipe.frames import FRAMES
from retrieval.reader.recipe.wordnet import LOCATION, PERSON, senses

_MONTHS = ("January", "March", "May", "July", "August", "October", "December")
_CAUSES = ("a lack of", "too much", "an excess of", "changes in the", "damage to the")
_USES = ("making", "cleaning", "carrying", "measuring", "storing", "treating")
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Report:
    """A sentence, and questions with the place of their answers in it."""

    text: str
    asked: tuple[tuple[str, int, int], ...]


def report(rng: Random, held_out: bool) -> Report:
    """An invented report."""
    sentences, questions = rng.choice(FRAMES)
    return _filled(rng, rng.choice(sentences), questions, _values(rng, held_out))


def reports_alike(rng: Random, held_out: bool, count: int) -> list[Report]:
    """Reports of the same kind about different things, so that only names tell them apart."""
    sentences, questions = rng.choice(FRAMES)
    return [_filled(rng, rng.choice(sentences), questions, _values(rng, held_out)) for _ in range(count)]


def _filled(rng: Random, form: str, questions: dict[str, tuple[str, ...]], values: dict[str, str]) -> Report:
    text, places = "", {}
    for position, part in enumerate(_SLOT.split(form)):
        if position % 2:
            places[part] = (len(text), len(text) + len(values[part]))
            text += values[part]
        else:
            text += part
    asked = [
        (rng.choice(forms).format(**values), *places[slot])
        for slot, forms in questions.items()
        if slot in places
    ]
    return Report(text[0].upper() + text[1:], tuple(asked))


def _values(rng: Random, held_out: bool) -> dict[str, str]:
    words = Vocabulary(rng, held_out)
    start = rng.randint(1100, 2010)
    nouns = [f"{words.noun()}s" for _ in range(2)]
    first, second = rng.randint(2, 40), rng.randint(2, 40)
    return {
        "p": _known(rng, PERSON) if rng.random() < 0.4 else words.person(),
        "c": _known(rng, LOCATION) if rng.random() < 0.5 else words.name(),
        "o": rng.choice(
            [
                f"the {words.name()} {words.noun().title()}",
                words.name(),
                f"{words.noun().title()} {words.noun().title()}",
            ]
        ),
        "q": f"the {words.name()} {words.noun().title()}s",
        "h": words.name(),
        "x": words.name(),
        "j": rng.choice(
            ["painter", "physicist", "lawyer", "teacher", "composer", "merchant", "surgeon", "engineer"]
        ),
        "y": str(start),
        "z": str(start + rng.randint(3, 80)),
        "d": f"{rng.randint(1, 28)} {rng.choice(_MONTHS)} {start}",
        "n": rng.choice(
            [
                str(rng.randint(2, 999)),
                f"{rng.randint(1, 99)},{rng.randint(0, 999):03d}",
                rng.choice(["two", "three", "five", "seven", "twelve", "twenty"]),
            ]
        ),
        "m": f"{rng.randint(100, 999)},{rng.randint(0, 999):03d}",
        "k": rng.choice([f"{rng.randint(20, 900)} kilometres", f"{rng.randint(20, 900)} miles"]),
        "f": rng.choice(
            [
                f"{rng.randint(2, 98)}%",
                f"{rng.randint(2, 98)} percent",
                f"{rng.randint(1, 97)}.{rng.randint(1, 9)}%",
            ]
        ),
        "s": f"{max(first, second) + 1}-{min(first, second)}",
        "b": f"The {words.noun().title()} of {words.noun().title()}",
        "t": words.phrase(),
        "u": f"{rng.choice(_CAUSES)} {words.noun()}",
        "g": f"{rng.choice(_USES)} {words.noun()}s",
        "w": nouns[0],
        "r": rng.choice(["blue", "foreign", "empty", "unknown", "temporary", nouns[1]]),
        "v": rng.choice(
            [
                "cheap and light",
                "very hard",
                "made of wood",
                "infected",
                "local",
                "easy to clean",
                "old",
                "resistant to heat",
            ]
        ),
    }


def _known(rng: Random, file: int) -> str:
    names = _names(file)
    return names[int(len(names) * rng.random())]


_NAMES: dict[int, list[str]] = {}


def _names(file: int) -> list[str]:
    if file not in _NAMES:
        found = {max(s.lemmas, key=len) for s in senses("n").values() if s.is_instance and s.file == file}
        _NAMES[file] = sorted(found)
    return _NAMES[file]
