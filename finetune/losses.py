"""The loss of a batch: computed only where a token is learned; knows no adapters and no optimiser."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch.nn.functional import cross_entropy, pad
from transformers import DynamicCache

from finetune.frozen import FrozenLayers
from finetune.last_layer import LastLayer
from finetune.recipe import Precision
from finetune.rows import EncodedExample
from finetune.weights import BatchLoss
from generation.prefix import shared_length

_TRIAL_TOKENS = 4
_TOLERANCE = 1e-5


class LossFunction:
    """Measures batches with a causal language model, wherever the model came from.

    Rows are padded on the right, where causal attention never looks: no mask can be wrong, and the
    padding token may be the end token. A beginning that all rows share is computed once, with its
    gradients.
    """

    def __init__(
        self, model: Any, precision: Precision = "float32", frozen: FrozenLayers | None = None
    ) -> None:
        self._model, self._precision, self._frozen = model, precision, frozen
        self._body, self._head = model.base_model, model.get_output_embeddings()
        self._can_split = self._splits()
        self._last = LastLayer(model)
        self._can_leave_out = self._can_split and self._leaves_out()

    def __call__(self, rows: Sequence[EncodedExample]) -> BatchLoss:
        """The loss of the rows' learned tokens, with gradients where they are wanted."""
        shared = shared_length([row.prompt for row in rows])
        width = max(len(row.ids) for row in rows)
        ids = self._filled([row.ids for row in rows], width)
        learned = self._filled([row.mask for row in rows], width).bool()[:, shared + 1 :]
        name, given = self._given(ids, rows)
        with self._rounded(), self._frozen.skipped() if self._frozen else nullcontext():
            cache = self._begin({name: given[:1, :shared]}, len(rows)) if shared else None
            scores = self._scores({name: given[:, shared:]}, cache, learned).float()
        wanted = ids[:, shared + 1 :][learned]
        summed = cross_entropy(scores, wanted, reduction="sum")
        return BatchLoss(summed, len(wanted), (scores.detach().argmax(-1) == wanted).sum())

    def _rounded(self) -> Any:
        wanted = self._precision == "bfloat16"
        return torch.autocast(self._model.device.type, torch.bfloat16, enabled=wanted)

    def _given(self, ids: torch.Tensor, rows: Sequence[EncodedExample]) -> tuple[str, torch.Tensor]:
        """What the body begins with: tokens, or what its frozen layers made of them."""
        if self._frozen:
            return "inputs_embeds", self._frozen.states([row.ids for row in rows])
        return "input_ids", ids

    def _scores(self, given: Any, cache: DynamicCache | None, learned: torch.Tensor) -> torch.Tensor:
        """Scores of shape (learned tokens, vocabulary)."""
        given |= {"past_key_values": cache, "use_cache": cache is not None}
        if self._can_split:
            with self._only(pad(learned, (0, 1))):
                hidden = self._body(**given).last_hidden_state
            scores = self._head(hidden[:, :-1][learned])
        else:
            scores = self._model(**given).logits[:, :-1][learned]
        return torch.as_tensor(scores)

    def _begin(self, given: Any, rows: int) -> DynamicCache:
        cache = self._frozen.cache() if self._frozen else DynamicCache(config=self._model.config)
        [read] = given.values()
        with self._only(torch.zeros(read.shape[:2], dtype=torch.bool, device=read.device)):
            self._body(**given, past_key_values=cache, use_cache=True)
        cache.batch_repeat_interleave(rows)
        return cache

    @torch.no_grad()
    def _splits(self) -> bool:
        """Whether the scores are the output layer's alone; some families scale or cap them afterwards."""
        ids = torch.arange(_TRIAL_TOKENS, device=self._model.device)[None]
        whole = self._model(input_ids=ids, use_cache=False).logits
        split = self._head(self._body(input_ids=ids, use_cache=False).last_hidden_state)
        return torch.allclose(whole, split, rtol=_TOLERANCE, atol=_TOLERANCE)

    @torch.no_grad()
    def _leaves_out(self) -> bool:
        """Whether the last layer gives the same for some tokens where it leaves out the others."""
        ids = torch.arange(2 * _TRIAL_TOKENS, device=self._model.device).view(2, -1)
        wanted = ids % 3 == 1
        whole = self._body(input_ids=ids, use_cache=False).last_hidden_state[wanted]
        with self._last.only(wanted):
            part = self._body(input_ids=ids, use_cache=False).last_hidden_state[wanted]
        return torch.allclose(whole, part, rtol=_TOLERANCE, atol=_TOLERANCE)

    def _only(self, wanted: torch.Tensor) -> AbstractContextManager[None]:
        return self._last.only(wanted) if self._can_leave_out else nullcontext()

    def _filled(self, rows: Sequence[Sequence[int]], width: int) -> torch.Tensor:
        """Rows of one width, filled up with 0 on the right."""
        return torch.tensor(
            [[*map(int, row), *[0] * (width - len(row))] for row in rows], device=self._model.device
        )
