"""A few rows as the model will see them, with what is learned set apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from finetune.data.examples import label_list
from finetune.data.rows import Row
from finetune.data.tokens import Encoder, encode_row
from finetune.rows import EncodedExample
from generation.errors import TemplateError

MOST_TOKENS = 1_000
"""Tokens of one row that are shown."""


@dataclass(frozen=True, slots=True)
class Part:
    """Text of neighbouring tokens, all learned or all only read."""

    text: str
    learned: bool


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One rendered row."""

    line: int
    tokens: int
    learned_tokens: int
    parts: tuple[Part, ...]
    whole: bool
    """False where the row goes on after what is shown."""


def preview(data: Sequence[Row], encoder: Encoder, count: int = 3) -> list[PreviewRow]:
    """The first rows that can be rendered, from the tokens that training learns."""
    labels, shown = label_list(data), list[PreviewRow]()
    for row in data[: 10 * count]:
        try:
            shown.append(_show(row.line, encode_row(row, encoder, labels), encoder))
        except TemplateError:
            continue
        if len(shown) == count:
            break
    return shown


def _show(line: int, pieces: Sequence[EncodedExample], encoder: Encoder) -> PreviewRow:
    marked = [pair for piece in pieces for pair in zip(piece.ids, piece.mask, strict=True)]
    parts = tuple(
        Part(encoder.tokenizer.decode([token for token, _ in run]), learned)
        for learned, run in groupby(marked[:MOST_TOKENS], key=lambda pair: pair[1])
    )
    learned = sum(piece.answer_tokens for piece in pieces)
    return PreviewRow(line, len(marked), learned, parts, len(marked) <= MOST_TOKENS)
