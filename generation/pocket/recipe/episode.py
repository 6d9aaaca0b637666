"""One training conversation, in the product's own prompt form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generation.messages import Conversation, Message


@dataclass(frozen=True, slots=True)
class Copy:
    """A part of an answer that stands earlier in the conversation."""

    text: str
    clues: tuple[str, ...] = ()
    """Words of the question that also stand before the part, and so tell it from others."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What is asked and what is answered."""

    asked: str
    answer: str
    copies: tuple[Copy, ...] = ()
    """In the order in which they stand in the answer."""
    taught: bool = True
    """Whether the answer is to be learned; an unguessable one is shown but not weighted."""


@dataclass(frozen=True, slots=True)
class Episode:
    """A conversation, and its turns, one for each assistant message."""

    skill: str
    messages: Conversation
    turns: tuple[Turn, ...] = ()

    @property
    def answer(self) -> str:
        """The last assistant turn."""
        return self.messages[-1].content


def episode(skill: str, opening: Conversation, turns: Sequence[Turn]) -> Episode:
    """An opening that ends with the first turn's question, its answer, then the other turns."""
    first, *rest = turns
    said = [*opening, Message("assistant", first.answer)]
    for turn in rest:
        said += [Message("user", turn.asked), Message("assistant", turn.answer)]
    return Episode(skill, tuple(said), tuple(turns))
