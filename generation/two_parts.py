"""Models of two parts, one that reads and one that writes (T5 and its like): a batch while it is written.

Prompts are padded on the right; all answers begin together, so they need no padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import DynamicCache, EncoderDecoderCache
from transformers.modeling_outputs import BaseModelOutput

from generation.variants import Variants


def is_two_parts(model: Any) -> bool:
    """Whether a model reads with one part and writes with another."""
    return bool(model.config.is_encoder_decoder)


def start_token(model: Any) -> int:
    """What the writing part begins with."""
    told = model.generation_config.decoder_start_token_id
    return int(model.config.decoder_start_token_id if told is None else told)


def padded(rows: Sequence[Sequence[int]], device: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows of one width, filled up with 0 on the right, and which of it is real."""
    each = [torch.tensor(row, device=device) for row in rows]
    real = pad_sequence([torch.ones_like(row) for row in each], batch_first=True)
    return pad_sequence(each, batch_first=True), real


class TwoPartBatch:
    """What was read, and the next token's scores of every row that is still being written."""

    can_be_joined = False

    def __init__(self, model: Any, prompts: Sequence[list[int]], variants: Variants) -> None:
        self.model, self.variants = model, variants
        self.cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        ids, self.mask = padded(prompts, model.device)
        with self.variants.applied():
            self.read = model.get_encoder()(input_ids=ids, attention_mask=self.mask).last_hidden_state
        self.feed([start_token(model)] * len(prompts))

    def keep(self, rows: list[int]) -> None:
        """Leave the finished rows behind."""
        if len(rows) < len(self.mask):
            at = torch.tensor(rows, device=self.mask.device)
            self.cache.batch_select_indices(at)
            self.mask, self.read = self.mask[at], self.read[at]
            self.variants = self.variants.of(rows)

    def feed(self, tokens: list[int]) -> None:
        """One more token for each row."""
        with self.variants.applied():
            out = self.model(
                encoder_outputs=BaseModelOutput(last_hidden_state=self.read),
                attention_mask=self.mask,
                decoder_input_ids=torch.tensor(tokens, device=self.mask.device)[:, None],
                past_key_values=self.cache,
                use_cache=True,
            )
        self.scores = out.logits[:, -1].float()
