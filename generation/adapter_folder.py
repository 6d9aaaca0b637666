"""What trainings write, as it lies on disk; this floor only reads. Without a manifest it is not finished.

Adapter folders hold PEFT's files and `manifest.json`; trained models hold a whole model and `training.json`;
encoders that learned labels or tags have `encoder.json` and are no chat models by themselves.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from generation.encoding import ChatTokenizer, prompt_hash
from generation.errors import AdapterMismatchError, ModelUnavailableError
from generation.fingerprint import folder_hash

MANIFEST = "manifest.json"
MODEL_MANIFEST = "training.json"
ENCODER_MANIFEST = "encoder.json"
_ALONE = ("use_dora", "modules_to_save", "rank_pattern", "alpha_pattern", "fan_in_fan_out", "lora_bias")
"""Settings of PEFT with which an adapter is more than two matrices a layer."""


@dataclass(frozen=True, slots=True)
class AdapterManifest:
    """The part of a manifest that serving needs."""

    base_name: str
    """The name of the base's folder."""
    base_hash: str
    prompt_hash: str
    created: int
    """Seconds since 1970."""


def adapter_path(root: Path, name: str) -> Path:
    """Where the adapter of that model name lies; any name becomes one folder under the root."""
    return root / quote(name, safe="").replace(".", "%2E")


def adapter_name(folder: Path) -> str:
    """The model name of an adapter folder; the inverse of `adapter_path`."""
    return unquote(folder.name)


def finished_adapters(root: Path) -> list[Path]:
    """The adapter folders under a root that are finished, by name."""
    return _finished(root, MANIFEST)


def trained_models(root: Path) -> list[Path]:
    """The model folders under a root that a training finished, by name."""
    return _finished(root, MODEL_MANIFEST)


def finished_encoders(root: Path) -> list[Path]:
    """The folders under a root of encoders that learned labels or tags, by name."""
    return _finished(root, ENCODER_MANIFEST)


def _finished(root: Path, manifest: str) -> list[Path]:
    found = (path.parent for path in root.glob(f"*/{manifest}"))
    return sorted(folder for folder in found if not folder.name.startswith("."))


def read_fields(folder: Path, manifest: str = MANIFEST) -> dict[str, Any]:
    """All fields of a manifest; of an encoder's those of its training.

    Raises:
        ModelUnavailableError: the folder is not a finished adapter.
    """
    try:
        fields = json.loads((folder / manifest).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelUnavailableError(
            f"Adapter {adapter_name(folder)!r} is not finished or damaged ({error}); train it again."
        ) from error
    told = fields.get("training", fields) if isinstance(fields, dict) else None
    if not isinstance(told, dict):
        raise ModelUnavailableError(
            f"Adapter {adapter_name(folder)!r} has a damaged manifest; train it again."
        )
    return told


def read_manifest(folder: Path, manifest: str = MANIFEST) -> AdapterManifest:
    """What the adapter was made for, or what the trained model was made from.

    Raises:
        ModelUnavailableError: the folder is not a finished adapter.
    """
    fields = read_fields(folder, manifest)
    try:
        return AdapterManifest(
            str(fields["base_name"]),
            str(fields["base_hash"]),
            str(fields["prompt_hash"]),
            int(fields["created"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelUnavailableError(
            f"Adapter {adapter_name(folder)!r} has a manifest without a usable {error}; train it again."
        ) from error


def peft_config(folder: Path) -> dict[str, Any]:
    """PEFT's own settings of an adapter.

    Raises:
        ModelUnavailableError: they cannot be read.
    """
    try:
        return dict(json.loads((folder / "adapter_config.json").read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise ModelUnavailableError(
            f"Adapter {adapter_name(folder)!r} is damaged ({error}); train it again."
        ) from error


def can_share(folder: Path) -> bool:
    """Whether the adapter is two matrices a layer and nothing else; others must be merged into a base.

    Raises:
        ModelUnavailableError: its settings cannot be read.
    """
    config = peft_config(folder)
    return config.get("peft_type") == "LORA" and not any(config.get(name) for name in _ALONE)


def check_adapter(folder: Path, base: Path, tokenizer: ChatTokenizer) -> None:
    """Refuse an adapter that was made for something else than what it would be served with.

    Raises:
        AdapterMismatchError: other base weights, or other prompt forms.
        ModelUnavailableError: the folder is not a finished adapter.
    """
    manifest = read_manifest(folder)
    name = adapter_name(folder)
    if manifest.base_hash != folder_hash(base):
        raise AdapterMismatchError(
            f"Adapter {name!r} was trained on another version of {manifest.base_name!r}; train it again."
        )
    if manifest.prompt_hash != prompt_hash(tokenizer):
        raise AdapterMismatchError(
            f"Adapter {name!r} was trained with other prompts or another chat template; train it again."
        )


def check_trained_model(folder: Path, tokenizer: ChatTokenizer) -> None:
    """Refuse a trained model whose prompts have changed since; any other model passes.

    Raises:
        AdapterMismatchError: it was trained with other prompt forms or another chat template.
        ModelUnavailableError: its manifest is damaged.
    """
    if not (folder / MODEL_MANIFEST).exists():
        return
    if read_manifest(folder, MODEL_MANIFEST).prompt_hash != prompt_hash(tokenizer):
        raise AdapterMismatchError(
            f"Model {adapter_name(folder)!r} was trained with other prompts or another chat template; "
            "train it again."
        )
