"""A model whose own weights learn, all or those of its top layers; saved as a model folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from torch import nn

from finetune.errors import RecipeError
from finetune.recipe import Recipe
from generation import checkpoint

TOKENIZER_FILES = ("*token*.json", "*.model", "*.jinja", "vocab.*", "merges.txt")


class WholeModel:
    """The base itself, ready to learn.

    Raises:
        ModelUnavailableError: there is no readable model in the folder.
        RecipeError: the model does not have that many layers.
    """

    def __init__(self, base: Path, tokenizer: Any, recipe: Recipe) -> None:
        # Steps of a tenth of a percent vanish in the 8 bits of a bfloat16 weight.
        self.module = checkpoint.load_model(base).float()
        self._base, self._tokenizer = base, tokenizer
        if recipe.layers is not None:
            self.module.requires_grad_(requires_grad=False)
            for block in top_blocks(self.module, recipe.layers).values():
                block.requires_grad_(requires_grad=True)

    @property
    def model(self) -> Any:
        """The causal language model."""
        return self.module

    def save(self, folder: Path) -> None:
        """Write weights, configuration and tokenizer."""
        save_whole(self.module, self._tokenizer, self._base, folder)

    def served(self, folder: Path) -> Any:
        """What was written, loaded as serving loads it."""
        return checkpoint.load_model(folder)


def save_whole(module: Any, tokenizer: Any, base: Path, folder: Path) -> None:
    """Write a model made from a base as a folder for this and other programs.

    The tokenizer's files stay the base's own: transformers leaves out tokenizer.model, which llama.cpp
    needs for the scores in it, and names classes that older versions do not know.
    """
    module.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    for pattern in TOKENIZER_FILES:
        for path in base.glob(pattern):
            shutil.copyfile(path, folder / path.name)


def top_blocks(model: Any, count: int) -> dict[str, nn.Module]:
    """The last `count` layers of a language model, by their names.

    Raises:
        RecipeError: it does not have that many.
    """
    blocks = layers_of(model)
    depth = len(blocks)
    if count > depth:
        raise RecipeError(f"layers is {count}, but the model has {depth}; choose up to {depth}.")
    [name] = [name for name, module in model.named_modules() if module is blocks]
    return {f"{name}.{at}": blocks[at] for at in range(depth - count, depth)}


def layers_of(model: Any) -> nn.ModuleList:
    """The layers of a language model, bottom first; of one with two parts those that write.

    Raises:
        RecipeError: the model does not keep them in one list.
    """
    config = model.config.get_text_config(decoder=True)
    depth = getattr(config, "num_decoder_layers", None) or config.num_hidden_layers
    inner = model.get_decoder() if model.config.is_encoder_decoder else model
    for module in inner.modules():
        if isinstance(module, nn.ModuleList) and len(module) == depth:
            return module
    raise RecipeError("The model's layers cannot be told apart; leave out `layers`.")
