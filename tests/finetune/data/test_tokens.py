"""Rows as training sees them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from finetune.data.checking import check_dataset
from finetune.data.dataset import Dataset
from finetune.data.examples import training_example
from finetune.data.preview import Part, preview
from finetune.data.rows import ChatRow
from finetune.data.tokens import Encoder, encode_row, measure
from finetune.dataset import TrainingExample, encode
from finetune.errors import DatasetError
from finetune.texts import TextExample

Read = Callable[..., Dataset]


def pair(prompt: str, completion: str = "a") -> dict[str, str]:
    return {"prompt": prompt, "completion": completion}


def test_conversations_are_encoded_as_training_encodes_them(read: Read, encoder: Encoder) -> None:
    data = read(
        [{"prompt": "What? <|end|>", "completion": "That."}, {"prompt": "And?", "completion": "Also."}]
    )
    rows = [row for row in data.rows if isinstance(row, ChatRow)]
    wanted = encode([TrainingExample(row.messages) for row in rows], encoder.tokenizer, encoder.window)
    assert [piece for row in rows for piece in encode_row(row, encoder)] == wanted


def test_a_preview_shows_what_is_learned(read: Read, encoder: Encoder) -> None:
    data = read([{"prompt": "Hi", "completion": "Ho"}])
    (shown,) = preview(data.rows, encoder)
    assert shown.parts == (Part("<|user|>Hi<|end|><|assistant|>", False), Part("Ho<|end|>", True))
    assert (shown.tokens, shown.learned_tokens, shown.whole) == (8, 3, True)


def test_a_label_is_asked_for_among_all_labels(read: Read, encoder: Encoder) -> None:
    data = read([{"text": "nice", "label": "good"}, {"text": "ugly", "label": "bad"}])
    shown = preview(data.rows, encoder)
    assert shown[1].parts == (
        Part("<|system|>Answer with one of: bad, good<|end|><|user|>ugly<|end|><|assistant|>", False),
        Part("bad<|end|>", True),
    )


def test_plain_text_is_learned_whole_with_its_end(read: Read, encoder: Encoder) -> None:
    (shown,) = preview(read([{"text": "One."}]).rows, encoder)
    assert shown.parts == (Part("O", False), Part("ne.<|end|>", True))


def test_a_long_row_is_shown_in_part_and_says_so(read: Read, encoder: Encoder) -> None:
    (shown,) = preview(read([pair("x" * 1500)]).rows, encoder)
    assert (shown.whole, len(shown.parts[0].text)) == (False, 8 + 1000 - 1)


def test_a_long_text_is_learned_in_pieces_and_is_not_too_long(read: Read, encoder: Encoder) -> None:
    report = check_dataset(read([{"text": "x" * 1500}]), None, encoder)
    assert report.tokens is not None and "too_long" not in [f.code for f in report.findings]
    assert (report.tokens.longest, report.tokens.learned) == (512, 1500)


def test_rows_become_what_training_takes(read: Read) -> None:
    chat, text = read([pair("q", "a")]), read([{"text": "t"}], "b.jsonl")
    assert training_example(chat.rows[0]) == TrainingExample(chat.rows[0].messages)
    assert training_example(text.rows[0]) == TextExample("t")
    with pytest.raises(DatasetError, match="token head"):
        training_example(read([{"tokens": ["a"], "tags": ["O"]}], "c.jsonl").rows[0])


def test_tokens_of_an_epoch_are_counted(read: Read, encoder: Encoder) -> None:
    report = check_dataset(read([{"text": "One."}, {"text": "Three."}]), None, encoder)
    assert report.tokens is not None
    assert (report.tokens.rows, report.tokens.read, report.tokens.learned) == (2, 12, 10)
    assert (report.tokens.longest, report.tokens.window) == (7, 512)


def test_a_row_without_an_answer_has_one_finding(read: Read, encoder: Encoder) -> None:
    data = read([{"messages": [{"role": "user", "content": "q"}]}])
    assert measure(data.rows, encoder).findings == ()
    assert measure(data.rows, encoder).count.rows == 0
