"""Words for episodes, from WordNet's data files; a fifth of them is held out for the skills card.

WordNet 3.0 comes with Debian's `wordnet-base` (its licence allows any use with attribution).
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

WORDNET = Path("/usr/share/wordnet")
_SYLLABLES = (
    "ba be bi bo bra bel cor cal dan del dor el en fal fen gar gal gor hal hol in jor ka kel kor la len "
    "lin lo lu ma mar men mi mor na nel nor o or os pa per pol qua ra ren ri ros sa sel sol sta ta tel "
    "tor tri u ul va vel vin vor wal wen xan ya yor za zel zor"
)
SYLLABLES = tuple(_SYLLABLES.split())


@dataclass(frozen=True, slots=True)
class Sense:
    """One WordNet noun sense: its lemma, its gloss and the lemma of its hypernym."""

    lemma: str
    gloss: str
    hypernym: str


def is_held_out(word: str) -> bool:
    """True for the fifth of all words that training never uses as an entity, value or keyword."""
    return zlib.crc32(word.lower().encode()) % 5 == 0


@cache
def noun_senses() -> tuple[Sense, ...]:
    """Every noun sense with a gloss.

    Raises:
        FileNotFoundError: WordNet is not installed (`apt-get install wordnet-base`).

    """
    rows: dict[str, tuple[str, str, str | None]] = {}
    for line in (WORDNET / "data.noun").read_text("utf-8").splitlines():
        if line.startswith("  "):
            continue
        head, _, gloss = line.partition(" | ")
        fields = head.split()
        lemma = fields[4].replace("_", " ")
        pointers = fields[4 + 2 * int(fields[3], 16) :]
        parent = pointers[pointers.index("@") + 1] if "@" in pointers else None
        rows[fields[0]] = (lemma, gloss.split(";")[0].strip(), parent)
    return tuple(
        Sense(lemma, gloss, rows[parent][0]) for lemma, gloss, parent in rows.values() if parent in rows
    )


@cache
def categories() -> dict[str, tuple[Sense, ...]]:
    """Hypernyms with at least 12 direct kinds, for labelling by meaning."""
    kinds: dict[str, list[Sense]] = defaultdict(list)
    for sense in noun_senses():
        kinds[sense.hypernym].append(sense)
    return {name: tuple(of) for name, of in kinds.items() if len(of) >= 12}


@cache
def common_nouns(held_out: bool) -> tuple[str, ...]:
    """Single lower-case nouns of WordNet's first sense order, 3 to 10 letters long."""
    counts = _tagged_counts()
    words = {s.lemma for s in noun_senses() if s.lemma.isalpha() and s.lemma.islower()}
    picked = [w for w in words if 3 <= len(w) <= 10 and is_held_out(w) == held_out]
    return tuple(sorted(picked, key=lambda w: (-counts.get(w, 0), w))[:6000])


@cache
def common(part: str, count: int) -> tuple[str, ...]:
    """The `count` most frequent single words of a part of speech: `verb`, `adj` or `adv`."""
    counts = _tagged_counts()
    lines = (WORDNET / f"index.{part}").read_text("utf-8").splitlines()
    words = {line.split(" ", 1)[0] for line in lines if not line.startswith(" ")}
    picked = [w for w in words if 3 <= len(w) <= 10 and w.isalpha() and not is_held_out(w)]
    return tuple(sorted(picked, key=lambda w: (-counts.get(w, 0), w))[:count])


@cache
def _tagged_counts() -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for line in (WORDNET / "cntlist.rev").read_text("utf-8").splitlines():
        key, _, count = line.split()
        counts[key.split("%")[0]] += int(count)
    return counts


class Vocabulary:
    """Draws names, values and words; the held-out half shares no word with the other."""

    def __init__(self, rng: Random, held_out: bool = False) -> None:
        self.rng = rng
        self.held_out = held_out
        self.nouns = common_nouns(held_out)

    def noun(self) -> str:
        """A common noun, frequent ones more often."""
        return self.nouns[int(len(self.nouns) * self.rng.random() ** 1.7)]

    def nouns_apart(self, count: int) -> list[str]:
        """`count` different nouns."""
        found: list[str] = []
        while len(found) < count:
            if (word := self.noun()) not in found:
                found.append(word)
        return found

    def name(self) -> str:
        """An invented proper name such as `Delmor`."""
        while True:
            word = "".join(self.rng.choices(SYLLABLES, k=self.rng.randint(2, 3)))
            if len(word) > 3 and is_held_out(word) == self.held_out:
                return word.capitalize()

    def person(self) -> str:
        """A first and a last name."""
        return f"{self.name()} {self.name()}"

    def code(self) -> str:
        """An opaque code such as `T-07` or `KX41`."""
        letters = "".join(self.rng.choices("ABCDEFGHKLMNPQRSTVWXZ", k=self.rng.randint(1, 3)))
        return f"{letters}{self.rng.choice(['-', '', '_'])}{self.rng.randint(1, 99):02d}"

    def number(self) -> str:
        """A small number, a year, a price or a quantity with its unit."""
        rng = self.rng
        kind = rng.randrange(5)
        if kind == 0:
            return str(rng.randint(2, 99))
        if kind == 1:
            return str(rng.randint(1700, 2030))
        if kind == 2:
            return (
                f"{rng.randint(1, 900)}.{rng.randint(0, 99):02d} {rng.choice(['euros', 'dollars', 'pounds'])}"
            )
        if kind == 3:
            return (
                f"{rng.randint(2, 90)} {rng.choice(['days', 'hours', 'minutes', 'weeks', 'metres', 'kilos'])}"
            )
        return f"{rng.randint(1, 12)}:{rng.randint(0, 59):02d}"

    def phrase(self) -> str:
        """Two nouns, as in `harbor ticket`."""
        return " ".join(self.nouns_apart(2))

    def thing(self) -> str:
        """A noun with its article."""
        return f"the {self.noun()}"

    def things(self) -> str:
        """A phrase with its article."""
        return f"the {self.phrase()}"

    def value(self) -> str:
        """Something that a fact can state: a name, a person, a noun, a phrase, a number or a code."""
        draw = self.rng.choice(
            [self.name, self.person, self.noun, self.phrase, self.number, self.number, self.code]
        )
        return draw()

    def short_value(self) -> str:
        """A noun, a name or a number of two digits."""
        return self.rng.choice([self.noun(), self.name(), str(self.rng.randint(10, 99))])
