"""What kind of model lies in a folder, as its configuration says; loads nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

Family = Literal["causal", "encoder_decoder", "encoder"]
"""Writes on from what it reads, reads and then writes, or reads only."""
_WRITES = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")


def family_of(folder: Path) -> Family:
    """The kind of model; a folder that does not say it is taken for a causal language model."""
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return "causal"
    if config.get("is_encoder_decoder"):
        return "encoder_decoder"
    named = config.get("architectures") or _WRITES
    return "causal" if any(name.endswith(_WRITES) for name in named) else "encoder"
