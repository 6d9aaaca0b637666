"""The order of turns in conversations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from finetune.data.findings import Finding, found, rows
from finetune.data.rows import ChatRow, Row
from generation.messages import Conversation


def check_roles(data: Sequence[Row]) -> Iterator[Finding]:
    """The system first, then user and assistant in turn, an answer last."""
    chats = [row for row in data if isinstance(row, ChatRow)]
    unanswered = [row.line for row in chats if not _has_answer(row)]
    trailing = [row.line for row in chats if _has_answer(row) and row.messages[-1].role != "assistant"]
    disordered = [row.line for row in chats if row.messages and not _in_order(row.messages)]
    if unanswered:
        yield found("no_answer", f"No assistant's message: {rows(unanswered)}.", unanswered)
    if trailing:
        yield found("trailing_turns", f"Turns after the last answer: {rows(trailing)}.", trailing)
    if disordered:
        yield found("wrong_order", f"Turns that are not in order: {rows(disordered)}.", disordered)


def drop_trailing_turns(data: Sequence[Row]) -> list[Row]:
    """Conversations that end with their last answer."""
    return [_ended(row) if isinstance(row, ChatRow) else row for row in data]


def _ended(row: ChatRow) -> ChatRow:
    last = max((i for i, m in enumerate(row.messages, start=1) if m.role == "assistant"), default=None)
    return row if last is None else replace(row, messages=row.messages[:last])


def _has_answer(row: ChatRow) -> bool:
    return any(message.role == "assistant" for message in row.messages)


def _in_order(messages: Conversation) -> bool:
    turns = messages[1:] if messages[0].role == "system" else messages
    wanted = ("user", "assistant")
    return bool(turns) and all(m.role == wanted[i % 2] for i, m in enumerate(turns))
