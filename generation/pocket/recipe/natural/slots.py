"""What stands in the slots of invented reports: names, prices, deadlines, reasons and the like.

`slots.txt` has a line for each kind: its forms, in which `<2-40>` is a number and `{price}` another kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random

from generation.pocket.recipe.natural.wordnet import LOCATION, PERSON, senses
from generation.pocket.recipe.words import Vocabulary

SLOT = re.compile(r"\{(\w+)\}")
_RANGE = re.compile(r"<(\d+)-(\d+)>")
_KINDS = Path(__file__).with_name("slots.txt")
_TRIES = 5


class Values:
    """The values of one report, each drawn when it is first asked for.

    Args:
        rng: draws.
        held_out: use the words that training never does.
        own: forms of slots that only this report has; slots in them are the report's.
    """

    def __init__(self, rng: Random, held_out: bool, own: Mapping[str, Sequence[str]]) -> None:
        self._rng, self._own = rng, own
        self._words = Vocabulary(rng, held_out)
        self._first_year = rng.randint(1100, 1980)
        self._drawn: dict[str, str] = {}

    def __getitem__(self, slot: str) -> str:
        if slot not in self._drawn:
            self._drawn[slot] = self._draw(slot)
        return self._drawn[slot]

    def fill(self, form: str) -> str:
        """The form with this report's values."""
        return SLOT.sub(lambda slot: self[slot[1]], form)

    def _draw(self, slot: str) -> str:
        if slot in self._own:
            return self.fill(self._rng.choice(self._own[slot]))
        if number := re.fullmatch(r"year(\d*)", slot):  # a higher one is a later year
            return str(self._first_year + 14 * int(number[1] or 0) + self._rng.randint(0, 13))
        for _ in range(_TRIES):
            if (found := self._of_kind(slot)) not in self._drawn.values():
                break
        return found

    def _of_kind(self, slot: str) -> str:
        kind = slot if slot in kinds() else slot.rstrip("0123456789")
        made: dict[str, Callable[[], str]] = {
            "name": self._words.name,
            "noun": self._words.noun,
            "nouns": lambda: _plural(self._words.noun()),
            "Noun": lambda: self._words.noun().title(),
            "celebrity": lambda: self._rng.choice(_known(PERSON)),
            "location": lambda: self._rng.choice(_known(LOCATION)),
        }
        if kind in made:
            return made[kind]()
        form = SLOT.sub(lambda inner: self._of_kind(inner[1]), self._rng.choice(kinds()[kind]))
        return _RANGE.sub(lambda ends: str(self._rng.randint(int(ends[1]), int(ends[2]))), form)


@cache
def kinds() -> dict[str, list[str]]:
    """The forms of each kind."""
    lines = _KINDS.read_text("utf-8").splitlines()
    return {kind: forms.split(" | ") for kind, forms in (line.split(": ", 1) for line in lines)}


@cache
def _known(file: int) -> list[str]:
    """Names of people or places that WordNet has."""
    named = (s for s in senses("n").values() if s.is_instance and s.file == file)
    return sorted({max(sense.lemmas, key=len) for sense in named})


def _plural(noun: str) -> str:
    if noun.endswith(("s", "x", "ch", "sh")):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if re.search(r"[^aeiou]y$", noun) else f"{noun}s"
