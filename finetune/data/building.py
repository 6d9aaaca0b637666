"""Values to rows, one function a layout; each raises RowError with what is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from finetune.data.rows import ChatRow, LabelRow, TagRow, TextRow
from generation.messages import Message, Role

ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
}
"""OpenAI's names and ShareGPT's."""
CALLS = ("tool_calls", "function_call", "audio")
"""What OpenAI's messages may hold beside text."""


class RowError(Exception):
    """One row that is not what its columns promise; `code` is one of `codes.CODES`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def chat(line: int, values: Sequence[Any]) -> ChatRow:
    """Messages in OpenAI's form."""
    return ChatRow(line, tuple(_message(m, "role", "content") for m in _list(values[0], "messages")))


def share_chat(line: int, values: Sequence[Any]) -> ChatRow:
    """Messages in ShareGPT's form."""
    return ChatRow(line, tuple(_message(m, "from", "value") for m in _list(values[0], "conversations")))


def pair(line: int, values: Sequence[Any]) -> ChatRow:
    """What is asked, the answer, and perhaps an instruction that holds before both."""
    asked, answer, *more = (text(value) for value in values)
    instruction = more[0] if more else ""
    if not asked.strip():
        asked, instruction = instruction, ""
    rules = (Message("system", instruction),) if instruction.strip() else ()
    return ChatRow(line, (*rules, Message("user", asked), Message("assistant", answer)))


def labelled(line: int, values: Sequence[Any]) -> LabelRow:
    """A text and its label."""
    return LabelRow(line, text(values[0]), text(values[1]))


def plain(line: int, values: Sequence[Any]) -> TextRow:
    """A text alone."""
    return TextRow(line, text(values[0]))


def tagged(line: int, values: Sequence[Any]) -> TagRow:
    """Words and tags: lists, JSON lists in a cell, or words between spaces in a cell."""
    tokens, tags = (tuple(text(x) for x in _words(v)) for v in values[:2])
    if len(tokens) != len(tags):
        raise RowError("tags_do_not_match", f"it has {len(tokens)} tokens and {len(tags)} tags")
    return TagRow(line, tokens, tags)


def text(value: Any) -> str:
    """A value as text that can be written as UTF-8; numbers as people write them."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value if value.isprintable() else _whole(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, Mapping | list | tuple):
        kind = "an object" if isinstance(value, Mapping) else "a list"
        raise RowError("not_text", f"it holds {kind} where text belongs; write JSON answers as text")
    return _number(value)


def _number(value: Any) -> str:
    try:
        return str(value)
    except ValueError as error:
        raise RowError("not_text", "it holds a number that is too long to be written") from error


def _whole(value: str) -> str:
    """Halves of surrogate pairs, which JSON can smuggle in, become the sign for broken text."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _message(value: Any, role_key: str, content_key: str) -> Message:
    if not isinstance(value, Mapping):
        raise RowError("not_a_message", "a message is no object with role and content")
    role = value.get(role_key)
    if not isinstance(role, str) or role not in ROLES:
        shown = text(role)[:30] if isinstance(role, str) else "none"
        raise RowError(
            "wrong_role", f"a message has the role {shown!r}; there are system, user and assistant"
        )
    if any(value.get(key) for key in CALLS):
        raise RowError("not_text", "a message calls a tool; only text can be learned")
    return Message(ROLES[role], _content(value.get(content_key)))


def _content(value: Any) -> str:
    """Text, or OpenAI's list of text parts."""
    if not isinstance(value, list):
        return text(value)
    parts = [p.get("text") if isinstance(p, Mapping) and p.get("type") == "text" else p for p in value]
    if not all(isinstance(part, str) for part in parts):
        raise RowError("not_text", "a message holds a part that is no text; only text can be learned")
    return "\n".join(text(part) for part in parts)


def _list(value: Any, column: str) -> Sequence[Any]:
    """A list, or one written as JSON in the cell of a table."""
    found = _parsed(value) if isinstance(value, str) else value
    if not isinstance(found, list | tuple):
        raise RowError("not_a_message", f"{column} is no list of messages")
    return found


def _words(value: Any) -> Sequence[Any]:
    if not isinstance(value, str):
        return value if isinstance(value, list | tuple) else [value]
    found = _parsed(value) if value.lstrip().startswith("[") else None
    return found if isinstance(found, list) else value.split()


def _parsed(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None
