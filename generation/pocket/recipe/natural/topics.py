"""What invented reports can be about; `topics/*.txt` holds them.

Topics are parted by empty lines. `= slot: form | form` gives a slot of the topic's own,
`- sentence | sentence` begins a fact with the ways to say it, and `? slot: question | question` asks for
what stands in a slot of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("topics")


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that can be told, and asked for."""

    sentences: Sequence[str]
    questions: dict[str, list[str]] = field(default_factory=dict)
    """Of each slot."""


@dataclass(frozen=True, slots=True)
class Topic:
    """Facts about one thing."""

    own: Mapping[str, Sequence[str]]
    facts: Sequence[Fact]


@cache
def topics(held_out: bool) -> list[Topic]:
    """Those of `held_out.txt`, or all others."""
    files = (path for path in sorted(_FOLDER.glob("*.txt")) if (path.stem == "held_out") == held_out)
    return [_parsed(page) for path in files for page in path.read_text("utf-8").split("\n\n")]


def _parsed(page: str) -> Topic:
    own: dict[str, list[str]] = {}
    facts: list[Fact] = []
    for line in page.strip().splitlines():
        mark, rest = line[0], line[2:]
        if mark == "-":
            facts.append(Fact(rest.split(" | ")))
        else:
            slot, forms = rest.split(": ", 1)
            (own if mark == "=" else facts[-1].questions)[slot] = forms.split(" | ")
    return Topic(own, facts)
