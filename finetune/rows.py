"""Rows as tokens, and the checks that every row passes before it is learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LongRows = Literal["refuse", "drop"]
"""What happens to rows over the context window. An answer is never cut."""


@dataclass(frozen=True, slots=True)
class EncodedExample:
    """Tokens, and which of them are learned."""

    ids: list[int]
    mask: list[bool]

    @property
    def prompt(self) -> list[int]:
        """The tokens before the first that is learned."""
        return self.ids[: self.mask.index(True)]

    @property
    def answer_tokens(self) -> int:
        """Tokens that are learned, the end of the turn included."""
        return sum(self.mask)

    @property
    def is_answer(self) -> bool:
        """Whether it answers a prompt; plain text has nothing before what is learned."""
        return len(self.prompt) > 1


def flaw(row: EncodedExample, end: int | None) -> str | None:
    """What would be learned wrongly from the row, or None.

    A wrong mask is silent in training and ruins the model: nothing learned, the first token (which
    nothing predicts), or an answer whose end of turn is not learned, after which a model never stops.
    """
    if len(row.ids) != len(row.mask):
        return f"it has {len(row.ids)} tokens, but a mask for {len(row.mask)}; encode it again."
    if not any(row.mask):
        return "no token of it would be learned; give it an answer."
    if row.mask[0]:
        return "its first token would be learned, but nothing comes before it; put a prompt there."
    if row.is_answer and not (row.mask[-1] and row.ids[-1] == end):
        return "its end of turn would not be learned; use a chat template that ends answers with eos_token."
    return None
