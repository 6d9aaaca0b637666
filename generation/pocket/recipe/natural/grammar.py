"""Sentences in parts: words with tags, noun phrases, the main verb. Rules and WordNet, no model."""

from __future__ import annotations

import re
from dataclasses import dataclass

from generation.pocket.recipe.natural.wordnet import base, weight

WORD = re.compile(r"\d+(?:[.,]\d+)*%?|\w+(?:[-'\u2019]\w+)*|[^\w\s]")
_CLOSED = {
    "D": "a an the this that these those each every any some no another both all",
    "O": "my your his her its our their",
    "P": "of in on at by for with from to into onto over under between among through during about against "
    "across after before behind beside toward towards within without upon near since until via per as than",
    "C": "and or but nor",
    "S": "if when while because although unless whereas that which who whom whose where whether how what why "
    "so then",
    "R": "i you he she it we they them him us me there itself themselves one",
    "B": "is are was were be been being am",
    "H": "has have had",
    "M": "can could may might must shall should will would do does did cannot",
    "A": "not also only very more most often usually generally always never too just even still already both "
    "such now here however therefore thus rather quite",
}
CLOSED = {word: tag for tag, words in _CLOSED.items() for word in words.split()}
FINITE = {"B", "H", "M", "VZ", "VD", "VP"}
"""Tags of verbs that can head a clause."""
NOMINAL = {"N", "E", "#"}
"""Tags that can end a noun phrase: nouns, names, numbers."""
_INSIDE = {*NOMINAL, "J"}


@dataclass(frozen=True, slots=True)
class Token:
    """A word, where it stands, and its tag.

    Tags: a letter of the closed classes; N noun, E name, # number, J adjective, A adverb, VZ VD VP VN VG
    verb forms, V infinitive, '.' punctuation.
    """

    text: str
    start: int
    end: int
    tag: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in parts; positions are those of its tokens."""

    text: str
    tokens: tuple[Token, ...]
    phrases: tuple[tuple[int, int], ...]
    """Noun phrases, their articles included."""
    subject: int | None
    """Where the main clause begins; None where no simple main clause was found."""
    verb: int
    """Its finite verb."""

    def words(self, start: int, end: int) -> list[str]:
        """The words of a stretch."""
        return [token.text for token in self.tokens[start:end]]


def parse(text: str) -> Sentence:
    """The parts of a sentence."""
    tokens: list[Token] = []
    for match in WORD.finditer(text):
        tag = _tag(match[0], tokens)
        tokens.append(Token(match[0], match.start(), match.end(), tag))
    phrases = tuple(_phrases(tokens))
    subject, verb = _clause(tokens, phrases)
    return Sentence(text, tuple(tokens), phrases, subject, verb)


def _tag(text: str, before: list[Token]) -> str:
    word, previous = text.lower(), before[-1].tag if before else ""
    if not text[0].isalnum():
        return "."
    if text[0].isdigit():
        return "#"
    if word in CLOSED:
        return "S" if word == "that" and previous in NOMINAL else CLOSED[word]
    if text[0].isupper() and (before or not _known(word)):
        return "E"
    return _open(word, previous, before)


def _known(word: str) -> bool:
    return any(base(word, kind) for kind in "nvar")


def _open(word: str, previous: str, before: list[Token]) -> str:
    n, v, a, r = (weight(word, kind) for kind in "nvar")
    if word.endswith("ly") and r >= n:
        return "A"
    form = _verb_form(word) if v else ""
    if previous == "M" or (previous == "P" and before[-1].text.lower() == "to"):
        return "V" if form == "VP" else "N"
    if form in ("VD", "VN", "VG") and not (n > v and previous in ("D", "O", "J")):
        return form if previous not in ("D", "O") else "J"
    if previous in ("D", "O", "J", "#", "P"):
        return "N" if n >= a or not a else "J"
    if form in ("VZ", "VP") and previous in ("N", "E", "R", "A", "S") and v > n / (3 if form == "VZ" else 1):
        return form
    best = max((n, "N"), (a, "J"), (r, "A"), (v, form or "N"), key=lambda pair: pair[0])
    return best[1] if best[0] else "N"


def _verb_form(word: str) -> str:
    found = base(word, "v")
    if word.endswith("ing") and found != word:
        return "VG"
    if found == word:
        return "VP"
    if word.endswith("s"):
        return "VZ"
    return "VD"


def _phrases(tokens: list[Token]) -> list[tuple[int, int]]:
    found, at = [], 0
    while at < len(tokens):
        end = at
        if tokens[end].tag in ("D", "O"):
            end += 1
        while end < len(tokens) and tokens[end].tag in _INSIDE:
            end += 1
        while end > at and tokens[end - 1].tag not in NOMINAL:
            end -= 1
        if end > at:
            found.append((at, end))
        at = max(end, at + 1)
    return found


def _clause(tokens: list[Token], phrases: tuple[tuple[int, int], ...]) -> tuple[int | None, int]:
    """Where the main clause and its verb stand, for clauses that begin the sentence or follow a lead."""
    start = 0
    if tokens and tokens[0].tag in ("P", "S", "VG", "VN", "A"):
        commas = [i for i, token in enumerate(tokens[:20]) if token.text == ","]
        if not commas:
            return None, 0
        start = commas[0] + 1
    for at in range(start + 1, min(start + 16, len(tokens))):
        tag = tokens[at].tag
        if tag in ("S", ".") or (tag == "C" and tokens[at].text.lower() == "but"):
            return None, 0
        if tag in FINITE:
            starts = any(begin == start for begin, _ in phrases) or tokens[start].tag == "R"
            return (start, at) if starts else (None, 0)
    return None, 0
