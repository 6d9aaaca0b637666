"""Conversations and texts to learn from: checked row by row, without repeats.

Nothing is ever cut: a row that does not fit is reported.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from finetune.errors import DatasetError
from finetune.rows import EncodedExample, LongRows, flaw
from finetune.texts import TextExample, encode_text
from generation.encoding import ChatTokenizer, encode_answer
from generation.errors import TemplateError
from generation.messages import Conversation


@dataclass(frozen=True, slots=True)
class TrainingExample:
    """A conversation that ends in the answer to learn."""

    messages: Conversation

    @property
    def answer(self) -> str:
        """The text to learn."""
        return self.messages[-1].content if self.messages else ""

    @property
    def canonical(self) -> bytes:
        """The content as bytes, the same on every machine."""
        return json.dumps([m.as_dict() for m in self.messages], ensure_ascii=False).encode()


Example = TrainingExample | TextExample
Row = TypeVar("Row", bound=Example)


def encode(
    examples: Sequence[Example],
    tokenizer: ChatTokenizer,
    context_window: int,
    long_rows: LongRows = "refuse",
) -> list[EncodedExample]:
    """Check all rows and turn them into tokens, by the recipe that serving uses.

    A text longer than the window gives several rows. With `long_rows="drop"`, conversations over the
    window are left out.

    Raises:
        DatasetError: rows that are empty, end in no answer, or exceed the context window;
            rows are counted from 1.
    """
    problems: list[str] = []
    long: dict[int, int] = {}
    encoded: list[EncodedExample] = []
    for number, example in enumerate(examples, start=1):
        try:
            encoded += _encode_row(example, tokenizer, context_window)
        except _TooLongError as error:
            long[number] = error.tokens
        except (_RowError, TemplateError) as error:
            problems.append(f"Row {number}: {error}")
    if long and (long_rows == "refuse" or len(long) == len(examples)):
        problems.insert(0, _too_long(long, len(examples), context_window))
    if not examples:
        problems.append("There are no training examples; give at least one.")
    if problems:
        raise DatasetError(problems)
    return encoded


def unique(examples: Sequence[Row]) -> list[Row]:
    """The examples without repeats, in order."""
    return list(dict.fromkeys(examples))


def data_hash(examples: Sequence[Example]) -> str:
    """SHA-256 of the rows, in order."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(example.canonical + b"\n")
    return digest.hexdigest()


class _RowError(Exception):
    """What is wrong with one row."""


class _TooLongError(Exception):
    def __init__(self, tokens: int) -> None:
        super().__init__(tokens)
        self.tokens = tokens


def _encode_row(example: Example, tokenizer: ChatTokenizer, window: int) -> list[EncodedExample]:
    if isinstance(example, TextExample):
        rows = encode_text(example.text, tokenizer, window)
        if not rows or not example.text.strip():
            raise _RowError("the text is empty or a single token; drop it.")
    else:
        rows = [_encode_conversation(example, tokenizer, window)]
    for row in rows:
        if wrong := flaw(row, tokenizer.eos_token_id):
            raise _RowError(wrong)
    return rows


def _encode_conversation(example: TrainingExample, tokenizer: ChatTokenizer, window: int) -> EncodedExample:
    if not example.messages or example.messages[-1].role != "assistant":
        raise _RowError("it does not end in an assistant's message; add the answer to learn.")
    if len(example.messages) < 2:
        raise _RowError("nothing is asked; put a user's message before the answer.")
    if not example.answer.strip():
        raise _RowError("the answer is empty; fill it or drop the row.")
    ids, mask = encode_answer(tokenizer, example.messages)
    if len(ids) > window:
        raise _TooLongError(len(ids))
    return EncodedExample(ids, mask)


def _too_long(long: dict[int, int], rows: int, window: int) -> str:
    named = ", ".join(map(str, list(long)[:10])) + (", ..." if len(long) > 10 else "")
    return (
        f"{len(long)} of {rows} rows have more than the {window} tokens that the model takes, up to "
        f'{max(long.values())} (rows {named}); shorten them or leave them out with long_rows="drop". '
        "Answers are never cut."
    )
