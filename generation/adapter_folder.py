"""Adapter folders as they lie on disk: PEFT's files beside a `manifest.json`, written last.

`finetune` writes them; this floor only reads. A folder without a manifest is not finished.
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
    found = (path.parent for path in root.glob(f"*/{MANIFEST}"))
    return sorted(folder for folder in found if not folder.name.startswith("."))


def read_fields(folder: Path) -> dict[str, Any]:
    """All fields of a manifest.

    Raises:
        ModelUnavailableError: the folder is not a finished adapter.
    """
    try:
        fields = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelUnavailableError(
            f"Adapter {adapter_name(folder)!r} is not finished or damaged ({error}); train it again."
        ) from error
    if not isinstance(fields, dict):
        raise ModelUnavailableError(
            f"Adapter {adapter_name(folder)!r} has a damaged manifest; train it again."
        )
    return fields


def read_manifest(folder: Path) -> AdapterManifest:
    """What the adapter was made for.

    Raises:
        ModelUnavailableError: the folder is not a finished adapter.
    """
    fields = read_fields(folder)
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
