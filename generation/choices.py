"""Answers that must be one of a few: a tree of their tokens, walked one token at a time."""

from __future__ import annotations

from collections.abc import Sequence


class ChoiceTree:
    """A node of the tree: the choices that can still be reached, and the tokens that lead on.

    Every choice's tokens end with the end of turn, so none is the beginning of another.
    """

    def __init__(self, choices: Sequence[tuple[str, Sequence[int]]]) -> None:
        self.texts = list(dict.fromkeys(text for text, _ in choices))
        branches: dict[int, list[tuple[str, Sequence[int]]]] = {}
        for text, tokens in choices:
            if tokens:
                branches.setdefault(tokens[0], []).append((text, tokens[1:]))
        self.next = {token: ChoiceTree(rest) for token, rest in branches.items()}

    @property
    def depth(self) -> int:
        """Tokens of the longest choice."""
        return max((1 + child.depth for child in self.next.values()), default=0)

    @property
    def decided(self) -> str | None:
        """The choice, once only one can be reached or the tokens are used up."""
        return self.texts[0] if len(self.texts) == 1 or not self.next else None
