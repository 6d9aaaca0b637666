"""The lower layers of a model that do not learn, taken out of its way while the others do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from transformers import DynamicCache

from finetune.activations import Activations
from finetune.whole import layers_of

_TRIAL_TOKENS = 5
_TOLERANCE = 1e-5


class FrozenLayers:
    """The layers of a body below the first that learns.

    Args:
        model: a causal language model; what learns in it is what wants gradients.
        weights: a name for the frozen weights.
        store: where their results are kept.
    """

    def __init__(self, model: Any, weights: str, store: Activations) -> None:
        self._body, self._blocks = model.base_model, layers_of(model)
        self._weights, self._store = weights, store
        self._first = _first_learning(model, self._blocks)

    def agree(self) -> bool:
        """Whether there are such layers, and the others give the same results from what these made.

        Some families treat inputs that are no tokens differently, or mix kinds of layers.
        """
        kinds = getattr(self._body.config, "layer_types", None) or ["same"]
        if self._first == 0 or len(set(kinds)) > 1:
            return False
        ids = list(range(_TRIAL_TOKENS))
        with torch.no_grad():
            whole = self._body(input_ids=self._tensor([ids]), use_cache=False).last_hidden_state
            states = self._compute(ids)[None]
            with self.skipped():
                upper = self._body(inputs_embeds=states, use_cache=False).last_hidden_state
        return torch.allclose(whole, upper, rtol=_TOLERANCE, atol=_TOLERANCE)

    def states(self, rows: Sequence[list[int]]) -> torch.Tensor:
        """What the first learning layer gets for each row, of shape (rows, longest, width)."""
        each = [self._state(ids) for ids in rows]
        return pad_sequence(each, batch_first=True)

    @contextmanager
    def skipped(self) -> Iterator[None]:
        """A block in which the body's layers begin at the first that learns."""
        below = list(self._blocks)[: self._first]
        for at in range(self._first):
            self._blocks[at] = _Skip()
        try:
            yield
        finally:
            for at, block in enumerate(below):
                self._blocks[at] = block

    def cache(self) -> DynamicCache:
        """A key-value cache that only the learning layers fill."""
        return _UpperCache(self._body.config, self._first)

    def _state(self, ids: list[int]) -> torch.Tensor:
        found: torch.Tensor = self._store.get(self._weights, self._first, ids, lambda: self._compute(ids))
        return found

    @torch.no_grad()
    def _compute(self, ids: list[int]) -> torch.Tensor:
        with _stopped_before(self._blocks[self._first]) as seen:
            self._body(input_ids=self._tensor([ids]), use_cache=False)
        return seen[0][0]

    def _tensor(self, rows: list[list[int]]) -> torch.Tensor:
        return torch.tensor(rows, device=self._body.device)


class _Skip(nn.Module):
    """A layer that gives back what it gets."""

    def forward(self, hidden_states: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
        return hidden_states


class _UpperCache(DynamicCache):  # type: ignore[misc] # transformers has no types
    """A cache whose lower layers stay empty; lengths are those of the first that is filled."""

    def __init__(self, config: Any, first: int) -> None:
        super().__init__(config=config)
        self._first = first

    def get_seq_length(self, layer_idx: int = 0) -> int:
        return int(super().get_seq_length(max(layer_idx, self._first)))

    def get_mask_sizes(self, query_length: int, layer_idx: int) -> tuple[int, int]:
        sizes: tuple[int, int] = super().get_mask_sizes(query_length, max(layer_idx, self._first))
        return sizes


class _Enough(Exception):  # noqa: N818 - ends a forward pass on purpose
    pass


@contextmanager
def _stopped_before(layer: nn.Module) -> Iterator[list[torch.Tensor]]:
    """A block that ends once the layer is reached; gives what the layer would have got."""
    seen: list[torch.Tensor] = []

    def stop(_: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        seen.append(given[0] if given else named["hidden_states"])
        raise _Enough

    hook = layer.register_forward_pre_hook(stop, with_kwargs=True)
    try:
        yield seen
    except _Enough:
        pass
    finally:
        hook.remove()


def _first_learning(model: Any, blocks: nn.ModuleList) -> int:
    """The first layer that learns; 0 where something outside the layers does too."""
    inside = [any(p.requires_grad for p in block.parameters()) for block in blocks]
    within = {id(p) for block in blocks for p in block.parameters()}
    outside = any(p.requires_grad for p in model.parameters() if id(p) not in within)
    return inside.index(True) if any(inside) and not outside else 0
