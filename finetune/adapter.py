"""What a training writes: folders that are whole or not at all, with a manifest that is written last.

An adapter folder is what `generation` reads: PEFT's files and `manifest.json`. A training of the model's
own weights gives a model folder instead, whose manifest is called `training.json`.
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

from safetensors import SafetensorError

from finetune.errors import TrainingError
from finetune.recipe import Recipe
from finetune.session import Parent, ParentMode
from finetune.standing import Ending
from generation.adapter_folder import (
    MANIFEST,
    MODEL_MANIFEST,
    adapter_name,
    check_adapter,
    finished_adapters,
    read_fields,
)
from generation.fingerprint import folder_hash

__all__ = [
    "Ancestor",
    "Manifest",
    "check_adapter",
    "finished_adapters",
    "from_fields",
    "lineage",
    "read",
    "read_trained_model",
    "sync_entry",
    "weights_hash",
    "whole_folder",
    "write",
]


@dataclass(frozen=True, slots=True)
class Ancestor:
    """An adapter that another one was made from."""

    name: str
    mode: ParentMode
    weights_hash: str
    data_hash: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Where an adapter or a model comes from, and how it was trained."""

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
    dropped_rows: int = 0
    """Rows over the context window that were left out."""
    scores: tuple[float, ...] = ()
    """The task metric on the validation rows, by epoch; empty without a judge."""
    best_epoch: int | None = None
    """The epoch whose weights these are, from 1; None without validation rows: the last."""
    ending: Ending = "finished"
    lineage: tuple[Ancestor, ...] = ()
    """The adapters it was made from, oldest first."""


def write(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, which makes the folder a finished adapter or a finished model."""
    name = MODEL_MANIFEST if manifest.recipe.method == "full" else MANIFEST
    text = json.dumps(asdict(manifest), indent=2, ensure_ascii=False)
    (folder / name).write_text(text + "\n", "utf-8")


def read(folder: Path) -> Manifest:
    """The manifest of a finished adapter.

    Raises:
        ModelUnavailableError: the folder is not a finished adapter.
    """
    return from_fields(read_fields(folder))


def read_trained_model(folder: Path) -> Manifest:
    """The manifest of a model folder that a training of the model's own weights wrote.

    Raises:
        ModelUnavailableError: no training finished there.
    """
    return from_fields(read_fields(folder, MODEL_MANIFEST))


def lineage(parent: Parent | None, made: Manifest | None) -> tuple[Ancestor, ...]:
    """The ancestors of a child, given what its parent's manifest tells."""
    if parent is None or made is None:
        return ()
    own = Ancestor(adapter_name(parent.folder), parent.mode, made.weights_hash, made.data_hash)
    return (*made.lineage, own)


def weights_hash(folder: Path) -> str:
    """A hash of the learned weights alone."""
    return folder_hash(folder)


def from_fields(fields: dict[str, Any]) -> Manifest:
    """The manifest that was written as these JSON values."""
    given = dict(fields)
    given["recipe"] = Recipe(**given["recipe"])
    given["lineage"] = tuple(Ancestor(**ancestor) for ancestor in given.get("lineage", ()))
    for name in ("train_losses", "validation_losses", "scores"):
        given[name] = tuple(given.get(name, ()))
    return Manifest(**given)


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """A folder to fill, which takes the place of `out` when the block ends well, and vanishes otherwise.

    Raises:
        TrainingError: it cannot be written.
    """
    try:
        with _part(out.parent) as part:
            yield part
            _sync(part)
            if out.exists():
                shutil.rmtree(out)
            part.replace(out)
            sync_entry(out.parent)
    except (OSError, SafetensorError) as error:
        raise TrainingError(
            f"What was trained cannot be written ({error}); make room on the disk and train again. "
            "Nothing is left of it."
        ) from error


@contextmanager
def _part(root: Path) -> Iterator[Path]:
    root.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=root))
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _sync(folder: Path) -> None:
    for path in folder.iterdir():
        sync_entry(path)
    sync_entry(folder)


def sync_entry(path: Path) -> None:
    """Let a file, or what a folder lists, outlive a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
