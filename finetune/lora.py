"""A base with a LoRA, rsLoRA, DoRA or QLoRA adapter that learns; saved as PEFT's files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict
from torch import nn

from finetune.errors import RecipeError
from finetune.quantization import check_quantizes
from finetune.recipe import Method, Recipe
from finetune.session import Parent
from finetune.stacking import save_stacked
from finetune.whole import top_blocks
from generation import checkpoint
from generation.adapter_folder import check_adapter
from generation.two_parts import is_two_parts


class LoraModel:
    """A base with a fresh adapter, a parent's adapter, or a fresh one on top of a parent's.

    Raises:
        ModelUnavailableError: there is no readable model in the folder, or the parent is not finished.
        AdapterMismatchError: the parent was made for another base or other prompts.
        RecipeError: the recipe does not fit the model, the parent or this machine.
    """

    def __init__(self, base: Path, tokenizer: Any, recipe: Recipe, parent: Parent | None) -> None:
        self._base, self._tokenizer = base, tokenizer
        self._below: Path | None = None
        with checkpoint.hushed():
            self.module = self._attach(_base_model(base, recipe), recipe, parent)
        self.module.peft_config["default"].base_model_name_or_path = base.name

    @property
    def model(self) -> Any:
        """The causal language model with the adapter inside."""
        return self.module.get_base_model()

    def save(self, folder: Path) -> None:
        """Write the adapter as PEFT does; one that is stacked carries its parent in its own weights."""
        if self._below is not None:
            weights = get_peft_model_state_dict(self.module, save_embedding_layers=False)
            save_stacked(self._below, self.module.peft_config["default"], weights, folder)
            return
        save_adapter(self.module, folder)

    def served(self, folder: Path) -> Any:
        """What was written, loaded as serving loads it."""
        return checkpoint.with_adapter(checkpoint.load_model(self._base), self._tokenizer, self._base, folder)

    def _attach(self, model: Any, recipe: Recipe, parent: Parent | None) -> Any:
        if parent is None:
            return get_peft_model(model, _config(model, recipe))
        if parent.mode == "continue":
            check_adapter(parent.folder, self._base, self._tokenizer)
            return attached(model, parent.folder)
        if recipe.method == "qlora":
            raise RecipeError(
                "An adapter cannot be stacked on a base of 4 bits; continue it, or choose lora."
            )
        if recipe.method == "dora" or LoraConfig.from_pretrained(parent.folder).use_dora:
            raise RecipeError("DoRA adapters cannot be stacked into one; continue the parent instead.")
        self._below = parent.folder
        merged = checkpoint.with_adapter(model, self._tokenizer, self._base, parent.folder)
        return get_peft_model(merged, _config(merged, recipe))


def _base_model(base: Path, recipe: Recipe) -> Any:
    if recipe.method == "qlora":
        check_quantizes()
    return checkpoint.load_model(base, quantized=recipe.method == "qlora")


def inherited(recipe: Recipe, folder: Path) -> Recipe:
    """The recipe with the shape of the adapter in the folder, which training it on cannot change."""
    config = LoraConfig.from_pretrained(folder)
    plain: Method = "qlora" if recipe.method == "qlora" else "lora"
    method: Method = "dora" if config.use_dora else "rslora" if config.use_rslora else plain
    return replace(recipe, method=method, rank=config.r, alpha=config.lora_alpha)


def attached(model: Any, folder: Path) -> Any:
    """The model with the adapter in the folder, ready to learn more."""
    with checkpoint.hushed():
        return PeftModel.from_pretrained(model, folder, is_trainable=True, torch_device=checkpoint.device())


def save_adapter(module: Any, folder: Path) -> None:
    """Write the adapter in the module as PEFT does."""
    module.save_pretrained(folder, save_embedding_layers=False)
    # PEFT's card tells the path of the base on this machine; ours is written with the manifest.
    (folder / "README.md").unlink(missing_ok=True)


def _config(model: Any, recipe: Recipe) -> LoraConfig:
    targets = "all-linear" if recipe.layers is None else linear_in_top(model, recipe.layers)
    return lora_config(recipe, targets, "SEQ_2_SEQ_LM" if is_two_parts(model) else "CAUSAL_LM")


def lora_config(recipe: Recipe, targets: str | list[str], task: str | None = None) -> LoraConfig:
    """The recipe's adapter, as PEFT is told it."""
    return LoraConfig(
        task_type=task,
        r=recipe.rank,
        lora_alpha=recipe.strength(),
        lora_dropout=0.0,
        use_rslora=recipe.method == "rslora",
        use_dora=recipe.method == "dora",
        target_modules=targets,
    )


def linear_in_top(model: Any, layers: int) -> list[str]:
    """The names of the linear layers in the last `layers` layers.

    Raises:
        RecipeError: the model does not have that many.
    """
    return [
        f"{name}.{inner}"
        for name, block in top_blocks(model, layers).items()
        for inner, module in block.named_modules()
        if isinstance(module, nn.Linear)
    ]
