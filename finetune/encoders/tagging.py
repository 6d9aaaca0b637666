"""Tags of words as entities, and how well two taggings agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

OUTSIDE = "O"


@dataclass(frozen=True, slots=True)
class Entity:
    """Some words in a row that name one thing."""

    kind: str
    start: int
    """The first word, from 0."""
    end: int
    """The word after the last."""


def entities(tags: Sequence[str]) -> list[Entity]:
    """The entities of BIO or BIOES tags, as conlleval reads them (Tjong Kim Sang & Buchholz 2000).

    An I- that continues nothing begins an entity; tags without such a letter count as I-.
    """
    found: list[Entity] = []
    start, open_kind = 0, ""
    for at, tag in enumerate([*tags, OUTSIDE]):
        begins, kind = _parsed(tag)
        if open_kind and (begins or kind != open_kind):
            found.append(Entity(open_kind, start, at))
            open_kind = ""
        if kind and not open_kind:
            start, open_kind = at, kind
    return found


def entity_f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    """F1 of the entities of all rows together; a row is its tags between spaces."""
    hits, told, asked = 0, 0, 0
    for row, reference in zip(said, wanted, strict=True):
        mine, theirs = set(entities(row.split())), set(entities(reference.split()))
        hits, told, asked = hits + len(mine & theirs), told + len(mine), asked + len(theirs)
    return 2 * hits / (told + asked) if told + asked else 1.0


def accuracy(said: Sequence[str], wanted: Sequence[str]) -> float:
    """Share of the answers that are as wanted."""
    return sum(a == b for a, b in zip(said, wanted, strict=True)) / len(wanted)


def _parsed(tag: str) -> tuple[bool, str]:
    """Whether the tag begins an entity, and of which kind; no kind for words outside."""
    if tag == OUTSIDE:
        return False, ""
    marked = len(tag) > 2 and tag[1] in "-_" and tag[0] in "BSIE"
    return (tag[0] in "BS", tag[2:]) if marked else (False, tag)
