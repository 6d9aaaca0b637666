"""Rows: checked, without repeats, split by content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.dataset import TrainingExample, data_hash, encode, split, unique
from finetune.errors import DatasetError
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
        TrainingExample((ASK, Message("assistant", "long " * 20))),
    ]
    with pytest.raises(DatasetError) as refused:
        encode(rows, tokenizer, context_window=50)
    assert [problem[:6] for problem in refused.value.problems] == ["Row 2:", "Row 3:", "Row 4:", "Row 5:"]
    for words in ("fill it", "add the answer", "put a user's message", "never cut"):
        assert words in str(refused.value)


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


texts = st.lists(st.text(max_size=5), max_size=30)


@given(texts, st.floats(0, 1), st.integers(0, 9))
def test_a_split_shares_out_all_distinct_rows(inputs: list[str], share: float, seed: int) -> None:
    rows = [row(text) for text in inputs]
    kept, aside = split(rows, share, seed)
    assert not set(kept) & set(aside)
    assert set(kept) | set(aside) == set(rows)


@given(texts, texts, st.integers(0, 9))
def test_a_row_stays_on_its_side_when_others_come(inputs: list[str], more: list[str], seed: int) -> None:
    before = split([row(t) for t in inputs], 0.3, seed)[1]
    after = split([row(t) for t in [*more, *inputs]], 0.3, seed)[1]
    assert set(before) <= set(after)


def test_the_share_is_about_kept() -> None:
    assert 150 < len(split([row(str(i)) for i in range(1000)], 0.2, 0)[1]) < 250


def test_the_data_hash_follows_the_content() -> None:
    assert data_hash([row("a")]) == data_hash([row("a")]) != data_hash([row("b")])
