"""Adapter folders: written whole or not at all, verified, listed.

The folder is what `generation` reads: PEFT's files, and a `manifest.json` that is written last.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from finetune.recipe import Recipe
from generation.adapter_folder import MANIFEST, check_adapter, finished_adapters, read_fields
from generation.fingerprint import folder_hash

__all__ = ["Manifest", "check_adapter", "finished_adapters", "read", "weights_hash", "whole_folder", "write"]


@dataclass(frozen=True, slots=True)
class Manifest:
    """Where an adapter comes from, and how it was trained."""

    base_name: str
    base_hash: str
    prompt_hash: str
    data_hash: str
    weights_hash: str
    recipe: Recipe
    rows: int
    steps: int
    trained_tokens: int
    train_losses: tuple[float, ...]
    """Mean loss per learned token, by epoch."""
    validation_losses: tuple[float, ...]
    """The same on the validation rows; empty without them."""
    seconds: float
    created: int
    """Seconds since 1970."""


def write(folder: Path, manifest: Manifest) -> None:
    """Write the model card and then the manifest, which makes the folder a finished adapter."""
    (folder / "README.md").write_text(_card(manifest), "utf-8")
    text = json.dumps(asdict(manifest), indent=2, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", "utf-8")


def read(folder: Path) -> Manifest:
    """The manifest of a finished adapter.

    Raises:
        ModelUnavailableError: the folder is not a finished adapter.
    """
    fields: dict[str, Any] = read_fields(folder)
    fields["recipe"] = Recipe(**fields["recipe"])
    fields["train_losses"] = tuple(fields["train_losses"])
    fields["validation_losses"] = tuple(fields["validation_losses"])
    return Manifest(**fields)


def weights_hash(folder: Path) -> str:
    """A hash of the adapter's weights alone."""
    return folder_hash(folder)


def _card(manifest: Manifest) -> str:
    """A model card in the form that hubs read."""
    recipe, losses = manifest.recipe, ", ".join(f"{loss:.3f}" for loss in manifest.train_losses)
    return f"""---
library_name: peft
tags: [lora, trivium]
---
# LoRA adapter for {manifest.base_name}

Rank {recipe.rank} on all linear layers, learning rate {recipe.learning_rate or 0:g}, seed {recipe.seed}.
{manifest.rows} rows, {manifest.steps} steps, {manifest.trained_tokens} tokens; loss by epoch: {losses}.

| hash of | SHA-256 |
| --- | --- |
| base | {manifest.base_hash} |
| prompts | {manifest.prompt_hash} |
| data | {manifest.data_hash} |
| weights | {manifest.weights_hash} |
"""


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """A folder to fill, which takes the place of `out` when the block ends well, and vanishes otherwise."""
    out.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=out.parent))
    try:
        yield part
        _sync(part)
        if out.exists():
            shutil.rmtree(out)
        part.replace(out)
        _sync_entry(out.parent)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _sync(folder: Path) -> None:
    for path in folder.iterdir():
        _sync_entry(path)
    _sync_entry(folder)


def _sync_entry(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
