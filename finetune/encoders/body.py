"""An encoder as a torch module, and the unit vectors that it gives texts and words."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors import SafetensorError
from torch.nn.functional import normalize
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoModel

from finetune import batches
from finetune.encoders.rows import EncodedRow
from finetune.errors import RecipeError
from finetune.heads import Matrix
from finetune.lora import linear_in_top
from finetune.recipe import Precision, Recipe
from generation.checkpoint import device, hushed
from generation.errors import ModelUnavailableError

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
    if not (base / "config.json").is_file():
        raise ModelUnavailableError(
            f"There is no model in the folder of {base.name!r} (no config.json); put it back."
        )
    try:
        model = AutoModel.from_pretrained(
            base, dtype=torch.float32, local_files_only=True, trust_remote_code=False, use_safetensors=True
        )
    except (OSError, ValueError, ImportError, KeyError, SafetensorError) as error:
        raise ModelUnavailableError(f"The encoder {base.name!r} cannot be loaded: {error}") from error
    named = model.config.architectures or ()
    if model.config.is_encoder_decoder or any(name.endswith("ForCausalLM") for name in named):
        raise ModelUnavailableError(f"{base.name!r} is no encoder; name the folder of a BERT-like model.")
    return model.to(device()).eval()


def adapted(model: Any, recipe: Recipe) -> Any:
    """The encoder with a fresh adapter on all its linear layers, or on those of its top layers.

    Raises:
        RecipeError: the recipe is no LoRA, or the model has fewer layers.
    """
    if recipe.method in ("full", "qlora"):
        raise RecipeError("An encoder learns by an adapter; choose lora, rslora or dora.")
    shape = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.strength(),
        lora_dropout=0.0,
        use_rslora=recipe.method == "rslora",
        use_dora=recipe.method == "dora",
        target_modules=linear_in_top(model, recipe.layers or model.config.num_hidden_layers),
    )
    with hushed():
        return get_peft_model(model, shape)


def with_adapter(model: Any, folder: Path) -> Any:
    """The encoder with the folder's adapter merged into its weights.

    Raises:
        ModelUnavailableError: the adapter cannot be read.
    """
    try:
        with hushed():
            joined = PeftModel.from_pretrained(model, folder, torch_device=device())
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ModelUnavailableError(
            f"The encoder adapter in {folder.name!r} cannot be loaded: {error}; train it again."
        ) from error
    return joined.merge_and_unload(safe_merge=True).eval()
