"""Which rows a file's columns make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from finetune.data.dataset import Dataset
from finetune.data.rows import ChatRow

Read = Callable[..., Dataset]
TURNS = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
USER, ASSISTANT = {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}
SYSTEM = {"role": "system", "content": "be kind"}


@pytest.mark.parametrize(
    ("row", "kind", "canonical"),
    [
        ({"messages": TURNS}, "chat", {"messages": TURNS}),
        ({"prompt": "q", "completion": "a"}, "chat", {"messages": TURNS}),
        ({"input": "q", "output": "a"}, "chat", {"messages": TURNS}),
        ({"Input ": "q", "OUTPUT": "a"}, "chat", {"messages": TURNS}),
        ({"question": "q", "answer": "a"}, "chat", {"messages": TURNS}),
        ({"instruction": "q", "output": "a"}, "chat", {"messages": TURNS}),
        ({"instruction": "q", "input": "", "output": "a"}, "chat", {"messages": TURNS}),
        (
            {"instruction": "be kind", "input": "q", "output": "a"},
            "chat",
            {"messages": [SYSTEM, USER, ASSISTANT]},
        ),
        (
            {"messages": [{"role": "developer", "content": "be kind"}, *TURNS]},
            "chat",
            {"messages": [SYSTEM, USER, ASSISTANT]},
        ),
        (
            {"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]},
            "chat",
            {"messages": TURNS},
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "q"}]}, ASSISTANT]},
            "chat",
            {"messages": TURNS},
        ),
        ({"text": "t", "label": 3}, "labels", {"text": "t", "label": "3"}),
        ({"sentence": "t", "label": "x"}, "labels", {"text": "t", "label": "x"}),
        ({"text": "t", "intent": "x"}, "labels", {"text": "t", "label": "x"}),
        ({"text": "t"}, "text", {"text": "t"}),
        ({"tokens": ["a", "b"], "tags": ["O", "O"]}, "tags", {"tokens": ["a", "b"], "tags": ["O", "O"]}),
        ({"tokens": "a b", "ner_tags": "O O"}, "tags", {"tokens": ["a", "b"], "tags": ["O", "O"]}),
        ({"tokens": '["a"]', "tags": '["O"]'}, "tags", {"tokens": ["a"], "tags": ["O"]}),
    ],
)
def test_columns_tell_the_kind(read: Read, row: Any, kind: str, canonical: Any) -> None:
    data = read([row])
    assert (data.kind, data.rows[0].as_dict()) == (kind, canonical)
    again = read([canonical])
    assert again.rows == data.rows


def test_rows_of_two_forms_are_told_with_the_lines_of_both(read: Read) -> None:
    pairs = [{"prompt": f"q{i}", "completion": "a"} for i in range(4)]
    data = read([*pairs[:2], {"messages": TURNS}, *pairs[2:], {"messages": TURNS}])
    assert [row.line for row in data.rows] == [1, 2, 4, 5]
    assert [(f.line, f.code) for f in data.faults] == [(3, "mixed_layouts"), (6, "mixed_layouts")]
    told = data.notices[0].message
    assert "prompt and completion on lines 1, 2, 4 and 1 more; messages on lines 3, 6" in told


def test_a_missing_column_is_not_another_form(read: Read) -> None:
    data = read([{"text": "a", "label": "x"}, {"text": "b"}, {"text": "c"}, {"text": "d"}])
    assert data.kind == "labels" and not data.notices
    assert [(f.line, f.code) for f in data.faults] == [(n, "missing_column") for n in (2, 3, 4)]


def test_columns_that_nothing_is_learned_from_are_told(read: Read) -> None:
    data = read([{"text": "a", "label": "x", "id": 1, "url": ""}, {"label": "x", "text": "b", "id": 2}])
    assert data.extra_columns == ("id", "url")


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"prompt": {"a": 1}, "completion": "a"}, "not_text"),
        ({"messages": "hello"}, "not_a_message"),
        ({"messages": ["hello"]}, "not_a_message"),
        ({"messages": [{"content": "q"}, ASSISTANT]}, "wrong_role"),
        ({"messages": [{"role": "tool", "content": "q"}]}, "wrong_role"),
        ({"messages": [{"role": ["user"], "content": "q"}]}, "wrong_role"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "url": ""}]}]}, "not_text"),
        ({"messages": [USER, {**ASSISTANT, "tool_calls": [{"id": "x"}]}]}, "not_text"),
        ({"tokens": ["a", "b"], "tags": ["O"]}, "tags_do_not_match"),
        ({"tokens": [["a"]], "tags": ["O"]}, "not_text"),
    ],
)
def test_values_of_the_wrong_type_cost_their_row(read: Read, row: Any, code: str) -> None:
    data = read([row])
    assert data.rows == () and [(f.line, f.code) for f in data.faults] == [(1, code)]


def test_half_characters_do_no_harm(read: Read) -> None:
    data = read(rb'{"prompt": "a\ud800b", "completion": "c\ud83d\ude00"}')
    assert isinstance(data.rows[0], ChatRow)
    assert data.rows[0].texts == ("a\ufffdb", "c\U0001f600")
