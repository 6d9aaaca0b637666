"""Plain text to go on learning a language from: cut into pieces that fit, without losing a token."""

from __future__ import annotations

import json
from dataclasses import dataclass

from finetune.rows import EncodedExample
from generation.encoding import ChatTokenizer


@dataclass(frozen=True, slots=True)
class TextExample:
    """A document of which every token is learned."""

    text: str

    @property
    def canonical(self) -> bytes:
        """The content as bytes, the same on every machine."""
        return json.dumps({"text": self.text}, ensure_ascii=False).encode()


def encode_text(text: str, tokenizer: ChatTokenizer, window: int) -> list[EncodedExample]:
    """The text and the token that ends it, in rows of at most `window` tokens.

    Each row begins with the last token of the one before, so every token but the first is learned
    exactly once. A text of a single token gives no row.
    """
    end = tokenizer.eos_token_id
    ids = tokenizer.encode(text, add_special_tokens=False) + ([] if end is None else [end])
    starts = range(0, len(ids) - 1, window - 1)
    return [_row(ids[start : start + window]) for start in starts]


def _row(ids: list[int]) -> EncodedExample:
    return EncodedExample(ids, [False] + [True] * (len(ids) - 1))
