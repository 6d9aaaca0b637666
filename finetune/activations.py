"""What the layers that do not learn make of each row: computed once, for all epochs, folds and trials.

Exact, because nothing below the first learning layer changes and no dropout is used; and each row is
computed by itself, so a value never depends on what else was trained.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

LIMIT_BYTES = 2**30

Key = tuple[str, int, tuple[int, ...]]
"""The frozen weights, the first layer that learns, the tokens."""


class Activations:
    """A memory of rows; the least recently used are forgotten beyond `limit_bytes`.

    Hand the same one to several trainings on one base. Not safe to share between threads.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self.computed = 0
        """Rows that were not remembered."""
        self.held_bytes = 0
        self._kept: OrderedDict[Key, Any] = OrderedDict()

    def get(self, weights: str, first: int, tokens: Sequence[int], compute: Callable[[], Any]) -> Any:
        """The row's tensor of shape (tokens, width)."""
        key = (weights, first, tuple(tokens))
        if key not in self._kept:
            self.computed += 1
            self._kept[key] = compute()
            self.held_bytes += self._kept[key].nbytes
        self._kept.move_to_end(key)
        found = self._kept[key]
        while self.held_bytes > self.limit_bytes:
            self.held_bytes -= self._kept.popitem(last=False)[1].nbytes
        return found
