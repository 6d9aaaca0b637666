"""An encoder's folder: head, adapter where one was trained, card, and a manifest that is written last.

Its manifest has a name of its own, so that nobody takes it for an adapter of a chat model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from finetune.adapter import Manifest, from_fields, weights_hash
from finetune.card import ENDINGS, ancestors, epoch_table
from finetune.encoders.rows import Kind
from generation.adapter_folder import ENCODER_MANIFEST as MANIFEST
from generation.adapter_folder import adapter_name
from generation.errors import AdapterMismatchError, ModelUnavailableError
from generation.fingerprint import folder_hash

FORM = "text: mean of tokens, word: its first token; unit length; 1"
"""How texts become vectors; counts up when that changes."""


@dataclass(frozen=True, slots=True)
class EncoderManifest:
    """What an encoder says, and where it comes from."""

    kind: Kind
    names: tuple[str, ...]
    """What it can say."""
    is_adapted: bool
    """Whether its body learned too, and not the head alone."""
    cut_rows: int
    """Texts of which only the beginning was read."""
    training: Manifest


def write(folder: Path, manifest: EncoderManifest) -> None:
    """Write the card, then the manifest, which makes the folder a finished encoder."""
    (folder / "README.md").write_text(_card(manifest), "utf-8")
    text = json.dumps(asdict(manifest), indent=2, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", "utf-8")


def read(folder: Path) -> EncoderManifest:
    """The manifest of a finished encoder.

    Raises:
        ModelUnavailableError: the folder is not one.
    """
    try:
        fields = json.loads((folder / MANIFEST).read_text("utf-8"))
        return _manifest(fields)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelUnavailableError(
            f"Encoder {adapter_name(folder)!r} is not finished or damaged ({error}); train it again."
        ) from error


def check(folder: Path, base: Path) -> EncoderManifest:
    """The manifest, if the folder is whole and was made for this base.

    Raises:
        AdapterMismatchError: another base, or another way to make vectors.
        ModelUnavailableError: the folder is not a finished encoder, or its weights have changed.
    """
    manifest = read(folder)
    if (manifest.training.base_hash, manifest.training.prompt_hash) != (folder_hash(base), FORM):
        raise AdapterMismatchError(
            f"Encoder {adapter_name(folder)!r} was made for {manifest.training.base_name!r} as it was then, "
            f"not for {base.name!r} as it is now; train it again on this one."
        )
    if manifest.training.weights_hash != weights_hash(folder):
        raise ModelUnavailableError(
            f"The weights of encoder {adapter_name(folder)!r} are damaged; train it again."
        )
    return manifest


def _manifest(fields: Mapping[str, Any]) -> EncoderManifest:
    given = {**fields, "names": tuple(fields["names"]), "training": from_fields(fields["training"])}
    return EncoderManifest(**given)


def _card(manifest: EncoderManifest) -> str:
    made = manifest.training
    what = "labels of texts" if manifest.kind == "labels" else "tags of words"
    names = ", ".join(manifest.names[:50]) + (", ..." if len(manifest.names) > 50 else "")
    cut = f" Of {manifest.cut_rows} texts only the beginning was read." if manifest.cut_rows else ""
    return f"""---
library_name: peft
base_model: {json.dumps(made.base_name)}
tags: [{made.recipe.method if manifest.is_adapted else "head"}, encoder, trivium]
---
# {"Adapter and head" if manifest.is_adapted else "Head"} on {made.base_name}: {what}

It says: {names}.

{made.rows} rows, {made.steps} steps, {made.seconds:.0f} s.{cut} {ENDINGS[made.ending]}

{_program(manifest)}{epoch_table(made)}
{ancestors(made)}
| hash of | SHA-256 |
| --- | --- |
| base | {made.base_hash} |
| data | {made.data_hash} |
| weights | {made.weights_hash} |
"""


def _program(manifest: EncoderManifest) -> str:
    """How other programs get the labels, since no class of theirs has this head."""
    if manifest.kind != "labels":
        return ""
    imports, encoder = "", "AutoModel.from_pretrained(base)"
    if manifest.is_adapted:
        imports, encoder = "from peft import PeftModel\n", f"PeftModel.from_pretrained({encoder}, here)"
    return f"""```python
import json
from pathlib import Path

import torch
{imports}from safetensors.torch import load_file
from transformers import AutoModel, AutoTokenizer

base, here = Path("folder of the base"), Path(".")
tokenizer = AutoTokenizer.from_pretrained(base)
told = base / "sentence_bert_config.json"
window = json.loads(told.read_text("utf-8")).get("max_seq_length") if told.exists() else None
encoder = {encoder}.eval()
labels = json.loads((here / "head.json").read_text("utf-8"))["labels"]
head = load_file(here / "head.safetensors")
for text in ["A text."]:
    read = tokenizer(text, truncation=True, max_length=window, return_tensors="pt")
    with torch.no_grad():
        states = encoder(**read).last_hidden_state
    vector = torch.nn.functional.normalize(states.mean(1)[0], dim=0)
    print(labels[(head["weights"] @ vector + head["bias"]).argmax()])
```

"""
