"""Repairs: what they change, what they say, and that nothing fixable is left."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.data.checking import check_dataset
from finetune.data.dataset import Dataset, read_dataset
from finetune.data.fixing import fix_dataset
from finetune.data.rows import ChatRow, LabelRow, Row, TagRow, TextRow
from finetune.data.writing import write_rows
from generation.messages import Message

Read = Callable[..., Dataset]
texts = st.text(alphabet=st.sampled_from("aB \n\x00\ufffd\u2028é🙂,\"'"), max_size=6)
tags = st.sampled_from(["O", "B-A", "I-A", "I-B", "S-B", "E-A", "odd"])


def test_each_repair_says_what_it_did(read: Read) -> None:
    turns = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
    data = read(
        [
            {"messages": turns, "id": 1},
            {"messages": turns, "id": 2},
            {"messages": [{"role": "user", "content": " x\x00 "}, turns[1]]},
            {"messages": [{"role": "user", "content": "y"}, turns[1], turns[0]]},
            {"messages": [{"role": "user", "content": "\x00"}, turns[1]]},
            "{oops",
        ]
    )
    fixed = fix_dataset(data)
    told = {change.code: (change.changed, change.dropped, change.lines) for change in fixed.changes}
    assert told == {
        "bad_json": (0, 1, (6,)),
        "extra_columns": (0, 0, ()),
        "broken_characters": (2, 0, (3, 5)),
        "outer_space": (1, 0, (3,)),
        "trailing_turns": (1, 0, (4,)),
        "empty_field": (0, 1, (5,)),
        "duplicates": (0, 1, (2,)),
    }
    assert [row.given for row in fixed.data.rows] == ["q", "x", "y"]


def test_tags_are_repaired(read: Read) -> None:
    data = read([{"tokens": list("abcde"), "tags": ["I-X", "I-X", "O", "E-X", "B-Y"]}])
    (row,) = fix_dataset(data).data.rows
    assert isinstance(row, TagRow) and row.tags == ("B-X", "I-X", "O", "S-X", "B-Y")


def test_rows_of_the_validation_file_are_left_out(read: Read) -> None:
    data = read([{"text": text, "label": "x"} for text in "abcd"])
    validation = read([{"text": "B", "label": "x"}], "v.jsonl")
    fixed = fix_dataset(data, validation)
    assert [row.given for row in fixed.data.rows] == ["a", "c", "d"]
    assert [(c.code, c.dropped) for c in fixed.changes] == [("overlap", 1)]


def test_of_repeats_the_first_stays_where_it_is(read: Read) -> None:
    fixed = fix_dataset(read([{"text": text} for text in "abcabd"]))
    assert [(row.line, row.learned) for row in fixed.data.rows] == [(1, "a"), (2, "b"), (3, "c"), (6, "d")]


def test_clean_rows_are_left_alone(read: Read) -> None:
    data = read([{"text": text, "label": "x"} for text in "abcd"])
    fixed = fix_dataset(data)
    assert fixed.changes == () and fixed.data.rows == data.rows


def a_dataset(kind: str, values: list[Any]) -> Dataset:
    make: dict[str, Callable[[int, Any], Row]] = {
        "text": TextRow,
        "labels": lambda line, v: LabelRow(line, *v),
        "chat": lambda line, v: ChatRow(line, tuple(Message(role, text) for role, text in v)),
        "tags": lambda line, v: TagRow(line, tuple(t for t, _ in v), tuple(t for _, t in v)),
    }
    rows = tuple(make[kind](line, value) for line, value in enumerate(values, start=1))
    return Dataset(rows, kind, "jsonl", "made")  # type: ignore[arg-type]


roles = st.sampled_from(["system", "user", "assistant"])
data_sets = st.one_of(
    st.builds(a_dataset, st.just("text"), st.lists(texts, max_size=8)),
    st.builds(a_dataset, st.just("labels"), st.lists(st.tuples(texts, texts), max_size=8)),
    st.builds(
        a_dataset, st.just("chat"), st.lists(st.lists(st.tuples(roles, texts), max_size=4), max_size=8)
    ),
    st.builds(
        a_dataset, st.just("tags"), st.lists(st.lists(st.tuples(texts, tags), max_size=4), max_size=8)
    ),
)  # fmt: skip


@given(data=data_sets, validation=st.none() | data_sets)
@settings(max_examples=150, deadline=None)
def test_nothing_fixable_is_left_and_the_file_holds_it(
    tmp_path_factory: pytest.TempPathFactory, data: Dataset, validation: Dataset | None
) -> None:
    fixed = fix_dataset(data, validation).data
    unfixable_tags = {row.line for row in fixed.rows if isinstance(row, TagRow) and "odd" in row.tags}
    for finding in check_dataset(fixed, validation).findings:
        if finding.file == "training":
            assert not finding.fixable or unfixable_tags.issuperset(finding.lines), finding
    assert fix_dataset(fixed, validation).data.rows == fixed.rows
    path = tmp_path_factory.mktemp("fixed") / "out.jsonl"
    write_rows(path, fixed.rows)
    if fixed.rows:
        again = read_dataset(path)
        assert [row.as_dict() for row in again.rows] == [row.as_dict() for row in fixed.rows]


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write_rows(path, [TextRow(1, "old")])
    broken: Any = [TextRow(1, "new"), object()]
    with pytest.raises(AttributeError):
        write_rows(path, broken)
    assert json.loads(path.read_text("utf-8")) == {"text": "old"}
    assert [p.name for p in tmp_path.iterdir()] == ["out.jsonl"]
