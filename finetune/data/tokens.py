"""Rows as the tokens that training sees, by the recipe of `generation.encoding`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from finetune.data.examples import label_list, training_example
from finetune.data.findings import Finding, found, rows
from finetune.data.rows import ChatRow, Row, TagRow
from finetune.rows import EncodedExample
from finetune.texts import TextExample, encode_text
from generation.encoding import ChatTokenizer, encode_answer
from generation.errors import TemplateError

MOST_TOLD = 3


class ReadableTokenizer(ChatTokenizer, Protocol):
    """A tokenizer that can also go back to text."""

    def decode(self, token_ids: list[int]) -> str:
        """The text of tokens."""
        ...


@dataclass(frozen=True, slots=True)
class Encoder:
    """A model's tokenizer, and how much the model reads at once."""

    tokenizer: ReadableTokenizer
    window: int


@dataclass(frozen=True, slots=True)
class TokenCount:
    """Tokens that one epoch reads and learns."""

    rows: int
    """Rows that can be encoded."""
    read: int
    learned: int
    longest: int
    window: int
    """Tokens that the model takes."""


@dataclass(frozen=True, slots=True)
class Measured:
    """All rows counted in tokens."""

    count: TokenCount
    findings: tuple[Finding, ...]


def encode_row(row: Row, encoder: Encoder, labels: Sequence[str] = ()) -> list[EncodedExample]:
    """A row as training encodes it; a plain text over the window gives several pieces.

    Raises:
        TemplateError: the model's chat template cannot say the conversation.
    """
    if isinstance(row, TagRow):
        ids = encoder.tokenizer.encode(row.given, add_special_tokens=False)
        return [EncodedExample(ids, [True] * len(ids))]
    example = training_example(row, labels)
    if isinstance(example, TextExample):
        return encode_text(example.text, encoder.tokenizer, encoder.window)
    return [EncodedExample(*encode_answer(encoder.tokenizer, example.messages))]


def measure(data: Sequence[Row], encoder: Encoder) -> Measured:
    """Count every row that has an answer; what has none is a finding of its own."""
    labels = label_list(data)
    lengths, read, learned, refused = dict[int, int](), 0, 0, dict[int, str]()
    for row in data:
        if isinstance(row, ChatRow) and not row.is_answered:
            continue
        try:
            pieces = encode_row(row, encoder, labels)
        except TemplateError as error:
            refused[row.line] = str(error)
            continue
        lengths[row.line] = max((len(piece.ids) for piece in pieces), default=0)
        read += sum(len(piece.ids) for piece in pieces)
        learned += sum(piece.answer_tokens for piece in pieces)
    count = TokenCount(len(lengths), read, learned, max(lengths.values(), default=0), encoder.window)
    return Measured(count, (*_too_long(lengths, encoder.window), *_refused(refused)))


def _too_long(lengths: dict[int, int], window: int) -> Iterator[Finding]:
    over = {line: length for line, length in lengths.items() if length > window}
    if over:
        told = ", ".join(f"line {line} has {length:,}" for line, length in list(over.items())[:MOST_TOLD])
        more = " and so on" if len(over) > MOST_TOLD else ""
        yield found("too_long", f"Over the model's {window:,} tokens: {rows(over)}; {told}{more}.", over)


def _refused(refused: dict[int, str]) -> Iterator[Finding]:
    if refused:
        why = next(iter(refused.values()))[:300]
        yield found("template_refuses", f"Refused by the chat template: {rows(refused)}; {why}", refused)
