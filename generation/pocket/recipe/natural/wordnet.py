"""What WordNet knows of a word: its parts of speech, base form, synonyms, kind and gloss.

WordNet 3.0 comes with Debian's `wordnet-base` (its licence allows any use with attribution).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from generation.pocket.recipe.words import WORDNET

FILES = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
PERSON, LOCATION, TIME = 18, 15, 28
"""Numbers of WordNet's lexicographer files."""
_ENDINGS = {
    "n": (
        ("ies", "y"),
        ("ses", "s"),
        ("xes", "x"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("men", "man"),
        ("s", ""),
    ),
    "v": (
        *(("ies", "y"), ("ied", "y"), ("es", "e"), ("es", ""), ("s", "")),
        *(("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", "")),
    ),
    "a": (("iest", "y"), ("ier", "y"), ("est", "e"), ("est", ""), ("er", "e"), ("er", "")),
    "r": (),
}
_NOTE = re.compile(r"\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Sense:
    """A synset: what its words mean, and under what it falls."""

    lemmas: tuple[str, ...]
    gloss: str
    """Its definition, without examples and remarks in brackets."""
    note: str
    """The remarks in brackets, such as the years of a life."""
    file: int
    parents: tuple[str, ...]
    is_instance: bool


@cache
def senses(kind: str) -> dict[str, Sense]:
    """Every synset of a part of speech, by its number."""
    found = {}
    for line in (WORDNET / f"data.{FILES[kind]}").read_text("utf-8").splitlines():
        if not line.startswith("  "):
            head, _, gloss = line.partition(" | ")
            found[head[:8]] = _sense(head.split(), gloss)
    return found


def _sense(fields: list[str], gloss: str) -> Sense:
    words = int(fields[3], 16)
    lemmas = tuple(re.sub(r"\(\w+\)$", "", w).replace("_", " ") for w in fields[4 : 4 + 2 * words : 2])
    pointers = fields[4 + 2 * words :]
    parents = [(mark, pointers[i + 1]) for i, mark in enumerate(pointers) if mark in ("@", "@i")]
    told = gloss.partition('; "')[0]
    return Sense(
        lemmas=lemmas,
        gloss=re.sub(r"\s+", " ", _NOTE.sub("", told)).strip(" ;,"),
        note=" ".join(_NOTE.findall(told)),
        file=int(fields[1]),
        parents=tuple(number for _, number in parents),
        is_instance=any(mark == "@i" for mark, _ in parents),
    )


@cache
def _first_senses(kind: str) -> dict[str, str]:
    """The commonest synset of each lemma."""
    found = {}
    for line in (WORDNET / f"index.{FILES[kind]}").read_text("utf-8").splitlines():
        if not line.startswith("  "):
            fields = line.split()
            found[fields[0]] = fields[-int(fields[2])]
    return found


@cache
def _irregular(kind: str) -> dict[str, str]:
    lines = (WORDNET / f"{FILES[kind]}.exc").read_text("utf-8").splitlines()
    return {form: base for form, base, *_ in map(str.split, lines)}


@cache
def _counts() -> dict[tuple[str, str], int]:
    """How often a lemma was met as each part of speech in tagged text."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    kinds = dict(zip("12345", "nvara", strict=True))
    for line in (WORDNET / "cntlist.rev").read_text("utf-8").splitlines():
        key, _, count = line.split()
        lemma, _, rest = key.partition("%")
        counts[lemma, kinds[rest[0]]] += int(count)
    return counts


@cache
def base(word: str, kind: str) -> str | None:
    """The word's base form as that part of speech, or None where WordNet does not know it so."""
    if word in _irregular(kind):
        return _irregular(kind)[word]
    known = _first_senses(kind)
    if word in known:
        return word
    for ending, new in _ENDINGS[kind]:
        if word.endswith(ending) and (found := word[: -len(ending)] + new) in known:
            return found
    if kind == "v" and (doubled := re.fullmatch(r"(\w+?)([a-z])\2(?:ed|ing)", word)):
        found = doubled[1] + doubled[2]
        return found if found in known else None
    return None


@cache
def weight(word: str, kind: str) -> float:
    """How common the word is as that part of speech; 0 where it is none."""
    found = base(word, kind)
    return 0.0 if found is None else 0.3 + _counts()[found, kind]


@cache
def first_sense(phrase: str, kind: str = "n") -> Sense | None:
    """The commonest meaning of a word or phrase."""
    found = base(phrase.lower().replace(" ", "_"), kind)
    number = _first_senses(kind).get(found or "")
    return senses(kind).get(number or "")


def parent(sense: Sense) -> str | None:
    """A word for the kind of thing that it is."""
    above = senses("n").get(sense.parents[0]) if sense.parents else None
    return above.lemmas[0] if above else None


def siblings(sense: Sense) -> list[Sense]:
    """The nouns, not names, that fall under the same word."""
    return _children().get(sense.parents[0], []) if sense.parents else []


@cache
def _children() -> dict[str, list[Sense]]:
    found: dict[str, list[Sense]] = defaultdict(list)
    for sense in senses("n").values():
        if sense.parents and sense.lemmas[0].islower():
            found[sense.parents[0]].append(sense)
    return found


def synonyms(word: str, kind: str) -> tuple[str, ...]:
    """Other words for the commonest meaning of a base form."""
    sense = first_sense(word, kind) if base(word, kind) == word else None
    return tuple(w for w in sense.lemmas if w != word and w.islower() and w.isalpha()) if sense else ()
