"""A model folder's tokenizer for counting and showing rows; this module alone loads the model libraries."""

from __future__ import annotations

from pathlib import Path

from finetune.data.tokens import Encoder
from generation.checkpoint import context_window, load_tokenizer


def load_encoder(folder: Path) -> Encoder:
    """The tokenizer that training on that base would use.

    Raises:
        ModelUnavailableError: there is none, or it cannot be read.
    """
    tokenizer = load_tokenizer(folder)
    return Encoder(tokenizer, context_window(folder, tokenizer))
