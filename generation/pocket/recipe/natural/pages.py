"""Pages of real prose, and those that a search would bring up for a question."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cache
from math import log
from random import Random

from generation.pocket.recipe.prose import paragraphs
from generation.pocket.recipe.words import is_held_out
from generation.words import words_of

NEAREST = 8
"""Pages among which one that a search would bring up is drawn."""
COMMON = 2000
"""A word that more pages hold brings up none."""
_ODD = re.compile(
    r"[<>=_$|{}\[\]\\*#@^~`]|--|\w/\w|::|\(\)|e\.g|i\.e|\b[a-z]+\.[a-z]|\w\(\d\)|[Gg]cloud|BETA|ALPHA|:$"
)


@cache
def pages(held_out: bool) -> list[tuple[str, ...]]:
    """Clean sentences, page by page; held-out pages share no sentence with the others."""
    seen: set[str] = set()
    found = []
    for page in paragraphs():
        clean = tuple(s for s in page if not _ODD.search(s) and s[0].isupper() and s not in seen)
        seen.update(clean)
        if clean and is_held_out(page[0]) == held_out:
            found.append(clean)
    return found


def brought_up(rng: Random, question: str, without: str, held_out: bool) -> list[str]:
    """Sentences that share rare words with the question, but not the one that was asked about."""
    known, holders = pages(held_out), _holders(held_out)
    likeness: Counter[int] = Counter()
    for word in dict.fromkeys(words_of(question)):
        found = holders.get(word, ())
        if len(found) <= COMMON:
            likeness.update(dict.fromkeys(found, log(len(known) / (1 + len(found)))))
    nearest = [number for number, _ in likeness.most_common(NEAREST)]
    at = rng.choice(nearest or [rng.randrange(len(known))])
    near = [s for page in known[at : at + rng.randint(1, 3)] for s in page if s != without]
    return near[: rng.randint(2, 7)]


@cache
def _holders(held_out: bool) -> dict[str, list[int]]:
    """The numbers of the pages that hold each word."""
    found: dict[str, list[int]] = defaultdict(list)
    for number, page in enumerate(pages(held_out)):
        for word in dict.fromkeys(words_of(" ".join(page))):
            found[word].append(number)
    return found
