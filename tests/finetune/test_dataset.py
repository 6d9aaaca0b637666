"""Rows: checked, without repeats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from finetune.dataset import TrainingExample, data_hash, encode, unique
from finetune.errors import DatasetError
from finetune.rows import EncodedExample, flaw
from finetune.texts import TextExample
from generation.messages import Message

ASK = Message("user", "Say hi")
GOOD = TrainingExample((ASK, Message("assistant", "hi")))


def row(text: str) -> TrainingExample:
    return TrainingExample((Message("user", text), Message("assistant", "x")))


@pytest.fixture(scope="module")
def tokenizer(tiny_llama: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_llama)


def test_every_bad_row_is_named_with_its_number_and_remedy(tokenizer: Any) -> None:
    rows = [
        GOOD,
        TrainingExample((ASK, Message("assistant", "  "))),
        TrainingExample((ASK,)),
        TrainingExample((Message("assistant", "hi"),)),
    ]
    with pytest.raises(DatasetError) as refused:
        encode(rows, tokenizer, context_window=50)
    assert [problem[:6] for problem in refused.value.problems] == ["Row 2:", "Row 3:", "Row 4:"]
    for words in ("fill it", "add the answer", "put a user's message"):
        assert words in str(refused.value)


def test_rows_over_the_window_are_counted_and_refused_unless_they_may_be_dropped(tokenizer: Any) -> None:
    long = TrainingExample((ASK, Message("assistant", "long " * 20)))
    with pytest.raises(DatasetError, match=r"^2 of 3 rows .* \(rows 1, 3\).* never cut") as refused:
        encode([long, GOOD, long], tokenizer, context_window=50)
    assert len(refused.value.problems) == 1
    assert encode([long, GOOD, long], tokenizer, 50, "drop") == encode([GOOD], tokenizer, 50)
    with pytest.raises(DatasetError, match="2 of 2 rows"):
        encode([long, long], tokenizer, 50, "drop")


def test_a_text_is_learned_whole_in_pieces_that_fit(tokenizer: Any) -> None:
    rows = encode([TextExample("abcdefghij" * 7)], tokenizer, context_window=16)
    learned = [
        token for row in rows for token, is_learned in zip(row.ids, row.mask, strict=True) if is_learned
    ]
    assert tokenizer.decode([rows[0].ids[0], *learned]) == "abcdefghij" * 7 + "<|end|>"
    assert max(len(row.ids) for row in rows) == 16
    assert not any(row.is_answer for row in rows)
    with pytest.raises(DatasetError, match="Row 1: the text is empty"):
        encode([TextExample(" ")], tokenizer, 16)


@pytest.mark.parametrize(
    ("ids", "mask", "words"),
    [
        ([7, 8, 4], [False, True], "encode it again"),
        ([7, 8, 4], [False, False, False], "no token of it"),
        ([7, 8, 4], [True, True, True], "its first token"),
        ([7, 8, 9, 4], [False, False, True, False], "its end of turn"),
        ([7, 8, 9, 9], [False, False, True, True], "its end of turn"),
    ],
)
def test_a_wrong_mask_is_found(ids: list[int], mask: list[bool], words: str) -> None:
    assert words in str(flaw(EncodedExample(ids, mask), end=4))
    assert flaw(EncodedExample([7, 8, 9, 4], [False, False, True, True]), end=4) is None


def test_many_problems_are_summed_up(tokenizer: Any) -> None:
    with pytest.raises(DatasetError, match="And 3 more"):
        encode([TrainingExample((ASK,))] * 8, tokenizer, 50)


def test_no_rows_are_refused(tokenizer: Any) -> None:
    with pytest.raises(DatasetError, match="at least one"):
        encode([], tokenizer, 50)


def test_nothing_is_cut(tokenizer: Any) -> None:
    [encoded] = encode([GOOD], tokenizer, 50)
    assert tokenizer.decode(encoded.ids) == "<|user|>Say hi<|end|><|assistant|>hi<|end|>"
    assert encoded.answer_tokens == 3


def test_repeats_count_once_in_order() -> None:
    assert unique([row("b"), row("a"), row("b")]) == [row("b"), row("a")]


def test_the_data_hash_follows_the_content() -> None:
    assert data_hash([row("a")]) == data_hash([row("a")]) != data_hash([row("b")])
