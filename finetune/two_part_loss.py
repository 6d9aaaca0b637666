"""The loss of a batch for models of two parts: one reads the prompt, the other learns to write the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from finetune.recipe import Precision
from finetune.rows import EncodedExample
from finetune.weights import BatchLoss
from generation.two_parts import padded, start_token


class TwoPartLoss:
    """Measures batches; answers are padded on the right, where causal attention never looks."""

    def __init__(self, model: Any, precision: Precision = "float32") -> None:
        self._model, self._precision, self._start = model, precision, start_token(model)

    def __call__(self, rows: Sequence[EncodedExample]) -> BatchLoss:
        """The loss of the rows' answers, with gradients where they are wanted."""
        prompts, real = padded([row.prompt for row in rows], self._model.device)
        answers = [row.ids[len(row.prompt) :] for row in rows]
        wanted, learned = padded(answers, self._model.device)
        begun, _ = padded([[self._start, *answer[:-1]] for answer in answers], self._model.device)
        half = self._precision == "bfloat16"
        with torch.autocast(self._model.device.type, torch.bfloat16, enabled=half):
            told = self._model(
                input_ids=prompts, attention_mask=real, decoder_input_ids=begun, use_cache=False
            )
        scores, wanted = told.logits[learned.bool()].float(), wanted[learned.bool()]
        summed = cross_entropy(scores, wanted, reduction="sum")
        return BatchLoss(summed, len(wanted), (scores.detach().argmax(-1) == wanted).sum())
