"""The words that ask for an answer of some kind, and other words for those that are there."""

from __future__ import annotations

from random import Random

from generation.pocket.recipe.natural.answers import Answer
from generation.pocket.recipe.natural.grammar import CLOSED
from generation.pocket.recipe.natural.wordnet import base, first_sense, parent, synonyms, weight

_FORMS = {
    "person": ("who", "who", "who", "what person", "which person"),
    "place": ("where", "what place", "which place", "what country", "which city"),
    "year": ("when", "what year", "which year"),
    "time": ("when", "how long", "what time"),
    "reason": ("why", "why", "for what reason"),
    "means": ("how", "how", "in what way"),
    "purpose": ("why", "for what purpose", "what for"),
    "predicate": ("what",),
    "percentage": ("what percentage", "what percent", "how many"),
    "count": ("how many {}", "how many {}", "what number of {}"),
    "number": ("how many", "how much", "what", "what number"),
    "name": ("what", "what", "which", "who"),
    "named": ("what {}", "which {}", "what", "which", "who"),
    "thing": ("what", "what", "what", "which"),
    "kind": ("what {}", "which {}", "what kind of {}", "what type of {}"),
}


def wh(rng: Random, answer: Answer) -> list[str]:
    """The words that ask for such an answer."""
    kind, filling = _form(rng, answer)
    return rng.choice(_FORMS[kind]).format(filling).split()


def _form(rng: Random, answer: Answer) -> tuple[str, str]:
    """Which forms fit the answer, and the word that goes into them."""
    head = answer.head.lower()
    if answer.kind == "number":
        kind = "percentage" if answer.text.endswith("%") else "count" if answer.counted else "number"
        return kind, answer.counted
    if answer.kind == "name":
        return ("named" if base(head, "n") else "name"), head
    return _form_of_thing(rng, answer, head) if answer.kind == "thing" else (answer.kind, "")


def _form_of_thing(rng: Random, answer: Answer, head: str) -> tuple[str, str]:
    draw, sense = rng.random(), first_sense(head)
    if draw < 0.45 or sense is None:
        return "thing", ""
    if draw < 0.7 and len(answer.text.split()) > 1:
        return "kind", head
    above = parent(sense)
    return ("kind", above) if above and " " not in above else ("thing", "")


def paraphrase(rng: Random, words: list[str]) -> list[str]:
    """Some words dropped, some replaced by synonyms; the first two stay."""
    strength = rng.choice([0.0, 0.1, 0.25])
    said = words[:2]
    for word in words[2:]:
        kind = _kind(word)
        if kind in ("a", "r") and rng.random() < strength:
            continue
        others = synonyms(word, kind) if kind and len(word) > 3 and rng.random() < strength else ()
        said.append(rng.choice(others) if others else word)
    return said


def _kind(word: str) -> str:
    """The part of speech that the word is most often; empty for small words."""
    return "" if word in CLOSED else max("nvar", key=lambda kind: weight(word, kind))
