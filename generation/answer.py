"""An answer while it is being written: what may come next, when it ends, and what can be shown already."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import Literal

from generation.choices import ChoiceTree
from generation.language_model import Request

_UNFINISHED = "\ufffd"
"""What a decoder writes for bytes that are not a whole character yet."""


class Answer:
    """The tokens of one answer, and the rules of its request."""

    def __init__(
        self,
        request: Request,
        ends: Collection[int],
        decode: Callable[[list[int]], str],
        tree: ChoiceTree | None = None,
    ) -> None:
        self.request = request
        self.tokens: list[int] = []
        self.text = ""
        self.finish_reason: Literal["stop", "length"] | None = None
        self._ends, self._decode, self._tree = ends, decode, tree
        self._log_chance = 0.0
        self.room = tree.depth if tree else request.max_tokens
        """Tokens that the answer may need."""
        self._decide()

    @property
    def allowed(self) -> list[int] | None:
        """The tokens that may come next; None when all may."""
        return list(self._tree.next) if self._tree else None

    @property
    def confidence(self) -> float:
        """The chance of the choice; of free text that of a token, as a geometric mean."""
        return math.exp(self._log_chance / (1 if self.request.choices else max(len(self.tokens), 1)))

    def take(self, token: int, log_chance: float) -> None:
        """Add one token, with the logarithm of its chance among those that were allowed."""
        self.tokens.append(token)
        self._log_chance += log_chance
        if self._tree:
            self._tree = self._tree.next[token]
            self._decide()
        elif token in self._ends:
            self._finish("stop", self._decode(self.tokens[:-1]))
        else:
            self._read()

    def shown(self) -> str:
        """The text that no later token can take back."""
        if self.finish_reason:
            return self.text
        if self._tree:
            return ""
        return settled(self._decode(self.tokens).rstrip(_UNFINISHED), self.request.stop)

    def give_up(self) -> None:
        """Add nothing any more, because nobody reads it."""
        self.finish_reason = self.finish_reason or "length"

    def _decide(self) -> None:
        if self._tree and self._tree.decided is not None:
            self._finish("stop", self._tree.decided)

    def _read(self) -> None:
        full = len(self.tokens) >= self.request.max_tokens
        if not (full or self.request.stop):
            return
        text, stopped = cut(self._decode(self.tokens), self.request.stop)
        if stopped or full:
            self._finish("stop" if stopped else "length", text)

    def _finish(self, reason: Literal["stop", "length"], text: str) -> None:
        self.finish_reason = reason
        self.text = cut(text, self.request.stop)[0] if not self.request.choices else text


def cut(text: str, stops: Sequence[str]) -> tuple[str, bool]:
    """The text before the first stop, and whether there was one."""
    found = [at for at in (text.find(stop) for stop in stops if stop) if at >= 0]
    return (text[: min(found)], True) if found else (text, False)


def settled(text: str, stops: Sequence[str]) -> str:
    """The beginning of an unfinished text that stays, whatever follows: no stop, and no beginning of one."""
    return cut(text, stops)[0][: len(text) - _held_back(text, stops)]


def _held_back(text: str, stops: Sequence[str]) -> int:
    """Characters at the end that may be the beginning of a stop."""
    longest = max((len(stop) for stop in stops), default=0)
    ends = range(min(longest, len(text)), 0, -1)
    return next((n for n in ends if any(stop.startswith(text[-n:]) for stop in stops)), 0)
