"""The last layer, computed only for the tokens whose scores are wanted: nobody reads what it makes of others.

Keys and values are computed for all tokens; what works on each token by itself is left out for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from finetune.errors import RecipeError
from finetune.whole import top_blocks

BY_TOKEN = ("q_proj", "o_proj", "mlp")
"""Names of parts of a layer that work on each token by itself, in most families."""


class LastLayer:
    """The last layer of a causal language model; one whose layers cannot be told apart is left as it is."""

    def __init__(self, model: Any) -> None:
        try:
            blocks = top_blocks(model, 1).values()
        except RecipeError:
            blocks = {}.values()
        named = [pair for block in blocks for pair in block.named_modules()]
        self._parts = [part for name, part in named if name.rpartition(".")[2] in BY_TOKEN]

    @contextmanager
    def only(self, wanted: Any) -> Iterator[None]:
        """A block in which all but the wanted tokens, a mask of (rows, tokens), may come out as anything."""

        def pick(_: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
            return (given[0][wanted][None], *given[1:])

        def spread(_part: Any, _given: Any, made: Any) -> Any:
            out = made.new_zeros(*wanted.shape, made.shape[-1])
            out[wanted] = made[0]
            return out

        with ExitStack() as hooks:
            for part in self._parts:
                hooks.callback(part.register_forward_pre_hook(pick).remove)
                hooks.callback(part.register_forward_hook(spread).remove)
            yield
