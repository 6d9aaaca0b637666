"""One training conversation, in the product's own prompt form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generation.messages import Conversation, Message


@dataclass(frozen=True, slots=True)
class Episode:
    """A conversation and which of its assistant turns are answers to learn."""

    skill: str
    messages: Conversation
    taught: tuple[bool, ...]
    """One flag for each assistant turn; an unguessable turn is shown but not weighted."""

    @property
    def answer(self) -> str:
        """The last assistant turn."""
        return self.messages[-1].content


def episode(
    skill: str, opening: Conversation, turns: Sequence[tuple[str, str]], taught: Sequence[bool]
) -> Episode:
    """An opening that ends with a user turn, its answer, then further question-answer turns."""
    (_, first), *rest = turns
    said = [*opening, Message("assistant", first)]
    for asked, answered in rest:
        said += [Message("user", asked), Message("assistant", answered)]
    return Episode(skill, tuple(said), tuple(taught))
