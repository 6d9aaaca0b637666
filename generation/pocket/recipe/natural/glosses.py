"""WordNet's glosses as sentences that say what things and people are."""

from __future__ import annotations

import re
from functools import cache
from random import Random

from generation.pocket.recipe.natural.wordnet import PERSON, Sense, senses
from generation.pocket.recipe.words import is_held_out

_YEARS = re.compile(r"(\d{3,4})-(\d{3,4})")


@cache
def kinds(held_out: bool) -> list[list[Sense]]:
    """Nouns that fall under the same word, at least three of each."""
    found: dict[str, list[Sense]] = {}
    for sense in senses("n").values():
        if sense.parents and 4 <= len(sense.gloss.split()) <= 40 and is_held_out(sense.lemmas[0]) == held_out:
            found.setdefault(sense.parents[0], []).append(sense)
    return [kind for kind in found.values() if len(kind) >= 3]


def name_of(sense: Sense) -> str:
    """What it is called in sentences."""
    return max(sense.lemmas, key=len) if sense.file == PERSON else sense.lemmas[0]


def said(rng: Random, sense: Sense) -> str:
    """The gloss as a sentence."""
    name, gloss = name_of(sense), sense.gloss
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
