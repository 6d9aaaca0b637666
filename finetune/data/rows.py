"""The canonical form: four kinds of rows, each with the text that is given and the text that is learned."""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any, Literal

from generation.messages import Conversation

Kind = Literal["chat", "labels", "text", "tags"]


@dataclass(frozen=True, slots=True)
class ChatRow:
    """A conversation whose last message is the answer to learn."""

    line: int
    messages: Conversation

    @property
    def is_answered(self) -> bool:
        """Whether it ends in an answer."""
        return bool(self.messages) and self.messages[-1].role == "assistant"

    @property
    def given(self) -> str:
        """All that is said before the answer."""
        return "\n".join(m.content for m in self._before)

    @property
    def asked(self) -> str:
        """The last thing that the user says."""
        return next((m.content for m in reversed(self._before) if m.role == "user"), "")

    @property
    def learned(self) -> str:
        """The answer; empty where the conversation ends in none."""
        return self.messages[-1].content if self.is_answered else ""

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text of the row."""
        return tuple(m.content for m in self.messages)

    def with_texts(self, texts: tuple[str, ...]) -> ChatRow:
        """The row with other texts."""
        pairs = zip(self.messages, texts, strict=True)
        return replace(self, messages=tuple(replace(m, content=t) for m, t in pairs))

    def as_dict(self) -> dict[str, Any]:
        """The row as canonical JSON holds it."""
        return {"messages": [m.as_dict() for m in self.messages]}

    @property
    def _before(self) -> Conversation:
        return self.messages[:-1] if self.is_answered else self.messages


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A text and what it is."""

    line: int
    text: str
    label: str

    @property
    def given(self) -> str:
        """The text."""
        return self.text

    @property
    def asked(self) -> str:
        """The text."""
        return self.text

    @property
    def learned(self) -> str:
        """The label."""
        return self.label

    @property
    def texts(self) -> tuple[str, ...]:
        """Text and label."""
        return (self.text, self.label)

    def with_texts(self, texts: tuple[str, ...]) -> LabelRow:
        """The row with another text and label."""
        return LabelRow(self.line, *texts)

    def as_dict(self) -> dict[str, Any]:
        """The row as canonical JSON holds it."""
        return {"text": self.text, "label": self.label}


@dataclass(frozen=True, slots=True)
class TextRow:
    """A text to learn as it is; nothing is given."""

    line: int
    text: str

    @property
    def given(self) -> str:
        """Nothing."""
        return ""

    @property
    def asked(self) -> str:
        """Nothing."""
        return ""

    @property
    def learned(self) -> str:
        """The text."""
        return self.text

    @property
    def texts(self) -> tuple[str, ...]:
        """The text."""
        return (self.text,)

    def with_texts(self, texts: tuple[str, ...]) -> TextRow:
        """The row with another text."""
        return TextRow(self.line, *texts)

    def as_dict(self) -> dict[str, Any]:
        """The row as canonical JSON holds it."""
        return {"text": self.text}


@dataclass(frozen=True, slots=True)
class TagRow:
    """Words, and a tag for each."""

    line: int
    tokens: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def given(self) -> str:
        """The words."""
        return " ".join(self.tokens)

    @property
    def asked(self) -> str:
        """The words."""
        return self.given

    @property
    def learned(self) -> str:
        """The tags."""
        return " ".join(self.tags)

    @property
    def texts(self) -> tuple[str, ...]:
        """The words, then the tags."""
        return self.tokens + self.tags

    def with_texts(self, texts: tuple[str, ...]) -> TagRow:
        """The row with other words and tags."""
        return TagRow(self.line, texts[: len(self.tokens)], texts[len(self.tokens) :])

    def as_dict(self) -> dict[str, Any]:
        """The row as canonical JSON holds it."""
        return {"tokens": list(self.tokens), "tags": list(self.tags)}


Row = ChatRow | LabelRow | TextRow | TagRow


def as_json(row: Row) -> str:
    """One line of canonical JSONL."""
    return json.dumps(row.as_dict(), ensure_ascii=False)


def identity(row: Row) -> Hashable:
    """Equal for rows of one kind that differ only in where they stood."""
    return row.messages if isinstance(row, ChatRow) else row.texts


def content(row: Row) -> str:
    """What tells rows apart: the text that is given, or the text itself where nothing is."""
    return row.given or row.learned


def folded(text: str) -> str:
    """A text without the differences of case and spacing."""
    return " ".join(text.casefold().split())
