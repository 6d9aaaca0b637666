"""Points attention heads at what is to be matched and copied, while the model is trained.

A small model takes tens of millions of tokens until it finds by itself that an answer is
found by matching the words of the question with a sentence; shown where to look, it takes a few.
After Deshpande and Narasimhan 2020, "Guiding Attention for Self-Supervised Learning with
Transformers". The trained model is a plain Llama.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from transformers import LlamaForCausalLM
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

GATHERING, MATCHING = 1, 3
"""Layers: in the first, positions collect their clues; in the second, they find the source."""
HEADS = 2
"""Guided heads of a layer. The last one of the first layer looks at the token before, the others at clues."""
NOWHERE = -1e9
"""An attention logit of no weight; finite, so that gradients stay finite."""


class Guide:
    """Compares the first heads of two layers with where they should look."""

    def __init__(self, model: LlamaForCausalLM) -> None:
        self._gathering = _Watch(model, GATHERING)
        self._matching = _Watch(model, MATCHING)

    def loss(self, sources: torch.Tensor, clues: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean negative log of the attention on sources and on clues, after a forward pass of the model.

        Both are positions in the row, (rows, length, most), -1 for none. A token's source is looked
        at from the token before it, which predicts it, and any one will do; clues are looked at from
        the token itself, all of them alike.
        """
        scores = self._matching.scores()[:, :, :-1]
        wanted = sources[:, None, 1:].expand(-1, HEADS, -1, -1)
        on_any = _picked(scores, wanted).logsumexp(-1)
        missed = _mean(scores.logsumexp(-1) - on_any, wanted[..., 0] >= 0)

        scores = self._gathering.scores()
        total = scores.logsumexp(-1)
        wanted = clues[:, None].expand(-1, HEADS - 1, -1, -1)
        each = total[:, :-1, :, None] - _picked(scores[:, :-1], wanted)
        strayed = total[:, -1, 1:] - scores[:, -1].diagonal(-1, 1, 2)
        return missed, _mean(each, wanted >= 0) + 0.2 * strayed.mean()


class _Watch:
    """Computes what the first heads of a layer attend to, from what the layer was given."""

    def __init__(self, model: LlamaForCausalLM, layer: int) -> None:
        self._attention = model.model.layers[layer].self_attn
        self._given: dict[str, Any] = {}
        self._attention.register_forward_pre_hook(self._remember, with_kwargs=True)

    def scores(self) -> torch.Tensor:
        """Causal attention logits, (rows, HEADS, length, length)."""
        hidden = self._given["hidden_states"]
        rows, length, _ = hidden.shape
        size = self._attention.head_dim
        query, key = (
            torch.nn.functional.linear(hidden, projection.weight[: HEADS * size])
            .view(rows, length, HEADS, size)
            .transpose(1, 2)
            for projection in (self._attention.q_proj, self._attention.k_proj)
        )
        query, key = apply_rotary_pos_emb(query, key, *self._given["position_embeddings"])
        scores: torch.Tensor = (query @ key.transpose(-1, -2)).float() / math.sqrt(size)
        future = torch.ones(length, length, dtype=torch.bool, device=hidden.device).triu(1)
        return scores.masked_fill(future, NOWHERE)

    def _remember(self, _: Any, __: Any, given: dict[str, Any]) -> None:
        self._given = given


def _picked(scores: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    return scores.gather(-1, wanted.clamp(min=0)).masked_fill(wanted < 0, NOWHERE)


def _mean(values: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
    return torch.where(where, values, 0.0).sum() / where.sum().clamp(min=1)
