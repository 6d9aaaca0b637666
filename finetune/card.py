"""The model card of an adapter or a trained model, in the form that hubs read."""

from __future__ import annotations

import json
from pathlib import Path

from finetune.adapter import Manifest
from finetune.recipe import Recipe

_NAMES = {
    "lora": "LoRA adapter",
    "rslora": "rsLoRA adapter",
    "dora": "DoRA adapter",
    "qlora": "QLoRA adapter",
    "full": "Full training",
}
ENDINGS = {
    "finished": "All epochs were trained.",
    "patience": "It stopped when validation got no better.",
    "diverged": "It stopped when the loss was no number any more; these are the weights of the best epoch.",
}


def write_card(folder: Path, manifest: Manifest) -> None:
    """Write `README.md`."""
    (folder / "README.md").write_text(card(manifest), "utf-8")


def card(manifest: Manifest) -> str:
    """The card's text: how it was trained, its results by epoch, its ancestors and hashes."""
    recipe = manifest.recipe
    library = "transformers" if recipe.method == "full" else "peft"
    return f"""---
library_name: {library}
base_model: {json.dumps(manifest.base_name)}
tags: [{recipe.method}, trivium]
---
# {_NAMES[recipe.method]} for {manifest.base_name}

{_how(recipe)}
{manifest.rows} rows, {manifest.steps} steps, {manifest.trained_tokens} tokens, {manifest.seconds:.0f} s.
{ENDINGS[manifest.ending]}

{epoch_table(manifest)}
{ancestors(manifest)}
| hash of | SHA-256 |
| --- | --- |
| base | {manifest.base_hash} |
| prompts | {manifest.prompt_hash} |
| data | {manifest.data_hash} |
| weights | {manifest.weights_hash} |
"""


def _how(recipe: Recipe) -> str:
    where = "all layers" if recipe.layers is None else f"the top {recipe.layers} layers"
    shape = "All weights" if recipe.method == "full" else f"Rank {recipe.rank}, alpha {recipe.alpha:g}"
    return f"{shape}, on {where}; learning rate {recipe.learning_rate or 0:g}, seed {recipe.seed}."


def epoch_table(manifest: Manifest) -> str:
    """The results of each epoch, the best one marked."""
    lines = ["| epoch | training loss | validation loss | score |", "| --- | --- | --- | --- |"]
    for at, loss in enumerate(manifest.train_losses):
        best = " (best)" if at + 1 == manifest.best_epoch else ""
        lines.append(
            f"| {at + 1}{best} | {loss:.3f} | {_shown(manifest.validation_losses, at)} "
            f"| {_shown(manifest.scores, at)} |"
        )
    return "\n".join(lines) + "\n"


def _shown(values: tuple[float, ...], at: int) -> str:
    return f"{values[at]:.3f}" if at < len(values) else "-"


def ancestors(manifest: Manifest) -> str:
    """What it was made from; nothing where that is the base alone."""
    if not manifest.lineage:
        return ""
    return "Made from " + ", then ".join(f"{a.name} ({a.mode})" for a in manifest.lineage) + ".\n"
