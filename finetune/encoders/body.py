"""An encoder as a torch module, and the unit vectors that it gives texts and words."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import get_peft_model
from torch.nn.functional import normalize
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoModel

from finetune import batches
from finetune.encoders.rows import EncodedRow
from finetune.errors import RecipeError
from finetune.heads import Matrix
from finetune.lora import linear_in_top, lora_config
from finetune.recipe import Precision, Recipe
from generation import checkpoint
from generation.errors import ModelUnavailableError
from generation.families import family_of

READ_TOKENS = 1024
"""Tokens, padding included, that are read together where nothing is learned."""


class Body:
    """Gives a text the mean of its tokens' states, a word the state of its first token, at length 1.

    Args:
        module: an encoder, with or without an adapter in it.
        precision: of the products.
    """

    def __init__(self, module: Any, precision: Precision = "float32") -> None:
        self.module = module
        self._precision = precision

    def features(self, rows: Sequence[EncodedRow]) -> torch.Tensor:
        """One vector for each text or word of the rows, in order; shape (n, width)."""
        where = self.module.device
        each = [torch.tensor(row.ids, device=where) for row in rows]
        mask = pad_sequence([torch.ones_like(ids) for ids in each], batch_first=True)
        half = self._precision == "bfloat16"
        with torch.autocast(where.type, torch.bfloat16) if half else nullcontext():
            read = self.module(input_ids=pad_sequence(each, batch_first=True), attention_mask=mask)
        states = read.last_hidden_state.float()
        if rows[0].places:
            found = torch.cat([states[at, row.places] for at, row in enumerate(rows)])
        else:
            found = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return normalize(found, dim=-1)

    @torch.no_grad()
    def vectors(self, rows: Sequence[EncodedRow]) -> list[Matrix]:
        """The vectors of each row, of shape (1 or words, width)."""
        found: dict[int, Matrix] = {}
        for batch in batches.in_order([len(row.ids) for row in rows], READ_TOKENS):
            counts = [len(rows[i].places) or 1 for i in batch]
            read = self.features([rows[i] for i in batch]).cpu().numpy()
            found.update(zip(batch, np.split(read, np.cumsum(counts)[:-1]), strict=True))
        return [found[i] for i in range(len(rows))]


def load(base: Path) -> Any:
    """The encoder in the folder, in evaluation mode: without dropout, so that a step is repeatable.

    Raises:
        ModelUnavailableError: there is none, or it cannot be read.
    """
    model = checkpoint.read(AutoModel, base, torch.float32)
    if family_of(base) != "encoder":
        raise ModelUnavailableError(f"{base.name!r} is no encoder; name the folder of a BERT-like model.")
    return model.to(checkpoint.device()).eval()


def adapted(model: Any, recipe: Recipe) -> Any:
    """The encoder with a fresh adapter on all its linear layers, or on those of its top layers.

    Raises:
        RecipeError: the recipe is no LoRA, or the model has fewer layers.
    """
    if recipe.method in ("full", "qlora"):
        raise RecipeError("An encoder learns by an adapter; choose lora, rslora or dora.")
    targets = linear_in_top(model, recipe.layers or model.config.num_hidden_layers)
    with checkpoint.hushed():
        return get_peft_model(model, lora_config(recipe, targets))
