"""A text as the words that tags are learned for, each with its place."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from finetune.encoders.tagging import Entity

WORD = re.compile(r"\w+(?:[-./:@&,]\w+)*|[^\w\s]")
"""Letters and digits, also around a mark that stands between them; any other mark by itself."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words, and where each begins and ends: in characters of a text, or in words where these were given."""

    words: tuple[str, ...]
    places: tuple[tuple[int, int], ...]
    text: str | None

    def found(self, entity: Entity) -> dict[str, str | int]:
        """An entity as answers tell it."""
        start, end = self.places[entity.start][0], self.places[entity.end - 1][1]
        said = " ".join(self.words[start:end]) if self.text is None else self.text[start:end]
        return {"type": entity.kind, "text": said, "start": start, "end": end}


def words_of(text: str) -> Words:
    """The words of a text; a JSON list of texts gives the words as they are."""
    given = _list(text)
    if given is not None:
        return Words(given, tuple((at, at + 1) for at in range(len(given))), None)
    found = list(WORD.finditer(text))
    return Words(tuple(one.group() for one in found), tuple(one.span() for one in found), text)


def _list(text: str) -> tuple[str, ...] | None:
    if not text.lstrip().startswith("["):
        return None
    try:
        given = json.loads(text)
    except ValueError:
        return None
    is_words = isinstance(given, list) and all(isinstance(word, str) for word in given)
    return tuple(given) if is_words else None
