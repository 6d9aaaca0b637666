"""Which episodes are drawn, and how the mixture moves from easy to hard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from random import Random

from generation.pocket.recipe import extraction, facts, labelling, needles, prose
from generation.pocket.recipe.episode import Episode
from generation.pocket.recipe.natural.episodes import natural_questions

Maker = Callable[[Random], Episode]
Table = tuple[tuple[float, Maker], ...]
"""Makers and their weights."""

FIRST: Table = (
    (0.30, facts.pairs),
    (0.70, facts.simple_questions),
)
EARLY: Table = (
    (0.12, natural_questions),
    (0.04, facts.simple_questions),
    (0.14, partial(facts.questions, longest=5)),
    (0.12, partial(facts.questions, easy=False, longest=6)),
    (0.16, facts.unanswerable),
    (0.10, partial(extraction.fields, easy=True)),
    (0.20, extraction.fields),
    (0.14, labelling.by_keywords),
    (0.04, labelling.by_meaning),
    (0.04, prose.reading),
)
LATE: Table = (
    (0.16, natural_questions),
    (0.20, partial(facts.questions, easy=False, longest=8)),
    (0.10, facts.unanswerable),
    (0.14, needles.facts_in_prose),
    (0.04, needles.cloze_in_prose),
    (0.26, extraction.fields),
    (0.14, labelling.by_keywords),
    (0.06, labelling.by_meaning),
    (0.04, prose.reading),
)


def draw(rng: Random, hardness: float) -> Episode:
    """An episode from two neighbouring tables: 0 is all FIRST, 1 all EARLY, 2 all LATE."""
    tables = (FIRST, EARLY, LATE)
    table = tables[min(2, int(hardness) + (rng.random() < hardness % 1))]
    (maker,) = rng.choices([m for _, m in table], weights=[w for w, _ in table])
    return maker(rng)


def stream(seed: int, hardness: Callable[[], float]) -> Iterator[Episode]:
    """Endless episodes; `hardness` is asked before each one."""
    rng = Random(seed)
    while True:
        yield draw(rng, hardness())
