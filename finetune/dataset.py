"""Conversations to learn from: checked row by row, without repeats, split by content.

Nothing is ever cut: a row that does not fit is reported.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from finetune.errors import DatasetError
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


@dataclass(frozen=True, slots=True)
class EncodedExample:
    """Tokens, and which of them are learned."""

    ids: list[int]
    mask: list[bool]

    @property
    def prompt(self) -> list[int]:
        """The tokens before the answer."""
        return self.ids[: len(self.ids) - self.answer_tokens]

    @property
    def answer_tokens(self) -> int:
        """Tokens that are learned, the end of the turn included."""
        return sum(self.mask)


def encode(
    examples: Sequence[TrainingExample], tokenizer: ChatTokenizer, context_window: int
) -> list[EncodedExample]:
    """Check all rows and turn them into tokens, by the recipe that serving uses.

    Raises:
        DatasetError: rows that are empty, end in no answer, or exceed the context window;
            rows are counted from 1.
    """
    problems: list[str] = []
    encoded: list[EncodedExample] = []
    for number, example in enumerate(examples, start=1):
        try:
            encoded.append(_encode_row(example, tokenizer, context_window))
        except (_RowError, TemplateError) as error:
            problems.append(f"Row {number}: {error}")
    if not examples:
        problems.append("There are no training examples; give at least one.")
    if problems:
        raise DatasetError(problems)
    return encoded


def unique(examples: Sequence[TrainingExample]) -> list[TrainingExample]:
    """The examples without repeats, in order."""
    return list(dict.fromkeys(examples))


def split(
    examples: Sequence[TrainingExample], share: float, seed: int
) -> tuple[list[TrainingExample], list[TrainingExample]]:
    """Training and validation rows; about `share` of the distinct rows go to validation.

    A row's side depends only on its content and the seed, so it stays there when others come.
    """
    rows = unique(examples)
    aside = [_position(example, seed) < share for example in rows]
    kept = [e for e, is_aside in zip(rows, aside, strict=True) if not is_aside]
    return kept, [e for e, is_aside in zip(rows, aside, strict=True) if is_aside]


def data_hash(examples: Sequence[TrainingExample]) -> str:
    """SHA-256 of the rows, in order."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(_canonical(example) + b"\n")
    return digest.hexdigest()


class _RowError(Exception):
    """What is wrong with one row."""


def _encode_row(example: TrainingExample, tokenizer: ChatTokenizer, window: int) -> EncodedExample:
    if not example.messages or example.messages[-1].role != "assistant":
        raise _RowError("it does not end in an assistant's message; add the answer to learn.")
    if len(example.messages) < 2:
        raise _RowError("nothing is asked; put a user's message before the answer.")
    if not example.answer.strip():
        raise _RowError("the answer is empty; fill it or drop the row.")
    ids, mask = encode_answer(tokenizer, example.messages)
    if len(ids) > window:
        raise _RowError(
            f"it has {len(ids)} tokens, but the model takes {window}; shorten it, answers are never cut."
        )
    return EncodedExample(ids, mask)


def _canonical(example: TrainingExample) -> bytes:
    return json.dumps([m.as_dict() for m in example.messages], ensure_ascii=False).encode()


def _position(example: TrainingExample, seed: int) -> float:
    """A number in [0, 1) that is the row's own."""
    digest = hashlib.sha256(str(seed).encode() + b"\0" + _canonical(example)).digest()
    return int.from_bytes(digest[:7]) / 2**56
