"""Models that read and write with one stack of layers, as most do: a batch while it is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn.functional import pad
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from generation.prefix import columns_of_the_longer, shared_length
from generation.variants import Variants


class OnePartBatch:
    """The cache and the next token's scores of every row that is still being written.

    Rows are padded on the left; a beginning that all rows share is computed once, and columns that are
    mostly padding are computed for the longer rows alone.
    """

    def __init__(self, model: Any, prompts: Sequence[list[int]], variants: Variants) -> None:
        self.model = model
        self.variants = variants
        self.cache = DynamicCache(config=model.config)
        shared = shared_length(prompts) if variants.are_one else 0
        self.mask = torch.ones(1, shared, dtype=torch.long, device=model.device)
        if shared:
            self._forward(torch.tensor([prompts[0][:shared]], device=model.device), [0])
        self._prefill([p[shared:] for p in prompts], shared)

    def keep(self, rows: list[int]) -> None:
        """Leave the finished rows behind."""
        if len(rows) < len(self.mask):
            at = torch.tensor(rows, device=self.mask.device)
            self.cache.batch_select_indices(at)
            self.mask = self.mask[at]
            self.variants = self.variants.of(rows)

    def take_in(self, other: OnePartBatch) -> None:
        """Let the rows of another batch in, behind those that are here."""
        masks = (self.mask, other.mask)
        width = max(mask.shape[1] - int(mask.argmax(1).min()) for mask in masks)
        self.mask = torch.cat([pad(mask, (width - mask.shape[1], 0)) for mask in masks])
        for mine, theirs in zip(self.cache.layers, other.cache.layers, strict=True):
            for name in ("keys", "values"):
                both = [getattr(layer, name) for layer in (mine, theirs)]
                setattr(mine, name, torch.cat([pad(one, (0, 0, width - one.shape[2], 0)) for one in both]))
        self.variants = self.variants.with_those_of(other.variants)

    def feed(self, tokens: list[int]) -> None:
        """One more token for each row."""
        ids = torch.tensor(tokens, device=self.mask.device)[:, None]
        self._extend(ids, torch.ones_like(ids), range(len(tokens)))

    def _prefill(self, rests: list[list[int]], shared: int) -> None:
        width, rows = max(len(r) for r in rests), range(len(rests))
        ids = torch.tensor([[0] * (width - len(r)) + r for r in rests], device=self.mask.device)
        real = torch.tensor([[0] * (width - len(r)) + [1] * len(r) for r in rests], device=self.mask.device)
        alone = columns_of_the_longer([len(r) for r in rests]) if self.can_be_joined else 0
        longer = [i for i in rows if len(rests[i]) > width - alone or not alone]
        self.cache.batch_repeat_interleave(len(longer))
        self.mask = self.mask.repeat(len(longer), 1)
        if alone:
            self._extend(ids[longer, :alone], real[longer, :alone], longer)
            self._seat_all(longer, len(rows), shared)
        self._extend(ids[:, alone:], real[:, alone:], rows)

    @property
    def can_be_joined(self) -> bool:
        """Whether the cache holds keys and values and nothing else."""
        return all(type(layer) is DynamicLayer for layer in self.cache.layers)

    def _seat_all(self, there: list[int], count: int, shared: int) -> None:
        """Let the rows in that begin later: beyond what all share, they hold padding so far."""
        for layer in self.cache.layers:
            for name in ("keys", "values"):
                known = getattr(layer, name)
                whole = known[:1].repeat(count, 1, 1, 1)
                whole[:, :, shared:] = 0
                whole[there] = known
                setattr(layer, name, whole)
        mask = self.mask.new_zeros(count, self.mask.shape[1])
        mask[:, :shared] = 1
        mask[there] = self.mask
        self.mask = mask

    def _extend(self, ids: torch.Tensor, real: torch.Tensor, rows: Sequence[int]) -> None:
        self.mask = torch.cat([self.mask, real], dim=1)
        self._forward(ids, rows)

    def _forward(self, ids: torch.Tensor, rows: Sequence[int]) -> None:
        positions = (self.mask.cumsum(1) - 1).clamp(min=0)[:, -ids.shape[1] :]
        with self.variants.of(rows).applied():
            out = self.model(
                input_ids=ids,
                attention_mask=self.mask,
                position_ids=positions,
                past_key_values=self.cache,
                use_cache=True,
                logits_to_keep=1,
            )
        self.scores = out.logits[:, -1].float()
