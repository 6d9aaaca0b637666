"""Labelled texts and tagged words as the tokens that an encoder reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from finetune.data.rows import LabelRow, Row, TagRow
from finetune.errors import DatasetError
from generation.checkpoint import context_window, load_tokenizer
from generation.surrogates import without_surrogates

Kind = Literal["labels", "tags"]
"""One answer for a text, or one for each word."""


@dataclass(frozen=True, slots=True)
class EncodedRow:
    """A text's tokens, and the numbers of the names that are learned."""

    ids: list[int]
    targets: list[int] = field(default_factory=list)
    """One for a text, one for each word of tagged words; empty where nothing is known."""
    places: list[int] = field(default_factory=list)
    """Where the first token of each word stands; empty for a text as a whole."""

    @property
    def answer_tokens(self) -> int:
        """Answers that are learned."""
        return len(self.targets)


class Reader:
    """A base's tokenizer.

    Raises:
        ModelUnavailableError: there is none, or it cannot be read.
    """

    def __init__(self, base: Path) -> None:
        self._tokenizer = load_tokenizer(base)
        self.window = _window(base, self._tokenizer)

    def texts(self, texts: Sequence[str]) -> tuple[list[EncodedRow], int]:
        """The rows, and how many of them are cut: of a long text only the beginning is read."""
        read = self._ids(texts, truncation=False)
        rows = [EncodedRow(_fitted(ids, self.window)) for ids in read]
        return rows, sum(len(ids) > self.window for ids in read)

    def words(self, words: Sequence[str]) -> list[EncodedRow]:
        """One row, or several where the words together do not fit; none of them is lost."""
        before, after = self._marks
        room = self.window - len(before) - len(after)
        return [self._piece(part, before, after) for part in _parts(self._each(words, room), room)]

    def _each(self, words: Sequence[str], room: int) -> list[list[int]]:
        """Each word's tokens; the sign for the unknown where it has none."""
        # The space makes byte-level tokenizers read a word as they do within a text.
        read = self._ids([f" {word}" for word in words], add_special_tokens=False)
        return [ids[:room] or [self._tokenizer.unk_token_id] for ids in read]

    def _piece(self, part: Sequence[list[int]], before: list[int], after: list[int]) -> EncodedRow:
        ids, places = list(before), []
        for word in part:
            places.append(len(ids))
            ids += word
        return EncodedRow([*ids, *after], places=places)

    @cached_property
    def _marks(self) -> tuple[list[int], list[int]]:
        """What stands before and after every text."""
        [bare], [whole] = self._ids(["a"], add_special_tokens=False), self._ids(["a"])
        at = next(i for i in range(len(whole)) if whole[i : i + len(bare)] == bare)
        return whole[:at], whole[at + len(bare) :]

    def _ids(self, texts: Sequence[str], **options: Any) -> list[list[int]]:
        valid = [without_surrogates(text) for text in texts]
        return list(self._tokenizer(valid, verbose=False, **options)["input_ids"]) if valid else []


def kind_of(rows: Sequence[Row]) -> Kind:
    """What is learned from the rows.

    Raises:
        DatasetError: there are none, or they are neither all labelled texts nor all tagged words.
    """
    if rows and all(isinstance(row, LabelRow) for row in rows):
        return "labels"
    if rows and all(isinstance(row, TagRow) for row in rows):
        return "tags"
    raise DatasetError(["An encoder learns labelled texts or tagged words; give rows of one of these kinds."])


def names_in(rows: Sequence[Row], known: Sequence[str] = ()) -> tuple[str, ...]:
    """The labels or tags that are learned and those that are known already, in alphabetical order.

    Raises:
        DatasetError: fewer than two.
    """
    names = {name for row in rows for name in (row.tags if isinstance(row, TagRow) else (row.learned,))}
    names.update(known)
    if len(names) < 2:
        told = ", ".join(map(repr, names)) or "nothing"
        raise DatasetError([f"All rows say {told}; there is nothing to tell apart without another label."])
    return tuple(sorted(names))


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """Rows to learn from; of tagged words several may be one row's."""

    rows: list[EncodedRow]
    cut: int
    """Texts of which only the beginning is read."""


def encode(rows: Sequence[Row], names: Sequence[str], reader: Reader) -> EncodedRows:
    """The rows as tokens and targets.

    Raises:
        DatasetError: a row has a label that is not among the names, or no words.
    """
    number = {name: at for at, name in enumerate(names)}
    _check(rows, number)
    labelled = [row for row in rows if isinstance(row, LabelRow)]
    encoded, cut = reader.texts([row.text for row in labelled])
    for one, row in zip(encoded, labelled, strict=True):
        one.targets.append(number[row.label])
    for tagged in rows:
        if isinstance(tagged, TagRow):
            encoded += _tagged(tagged, number, reader)
    return EncodedRows(encoded, cut)


def _tagged(row: TagRow, number: dict[str, int], reader: Reader) -> Iterator[EncodedRow]:
    targets = [number[tag] for tag in row.tags]
    for piece in reader.words(row.tokens):
        piece.targets.extend(targets[: len(piece.places)])
        targets = targets[len(piece.places) :]
        yield piece


def _check(rows: Sequence[Row], number: dict[str, int]) -> None:
    problems = []
    for row in rows:
        said = row.tags if isinstance(row, TagRow) else (row.learned,)
        unknown = [name for name in said if name not in number]
        if unknown:
            problems.append(f"Line {row.line}: no row that is learned from has {unknown[0]!r}.")
        elif not row.given.strip():
            problems.append(f"Line {row.line}: there is no text; fill it or drop the row.")
    if problems:
        raise DatasetError(problems)


def _window(base: Path, tokenizer: Any) -> int:
    """What configuration and tokenizer allow, and sentence-transformers where the folder is one of its."""
    limit, told = context_window(base, tokenizer), base / "sentence_bert_config.json"
    if told.is_file():
        limit = min(limit, int(json.loads(told.read_text("utf-8")).get("max_seq_length") or limit))
    return limit


def _fitted(ids: list[int], window: int) -> list[int]:
    return ids if len(ids) <= window else [*ids[: window - 1], ids[-1]]


def _parts(words: Sequence[list[int]], room: int) -> Iterator[list[list[int]]]:
    part: list[list[int]] = []
    for word in words:
        if part and sum(map(len, part)) + len(word) > room:
            yield part
            part = []
        part.append(word)
    if part:
        yield part
