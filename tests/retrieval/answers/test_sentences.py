"""Where sentences begin and end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answers.sentences import LONGEST, sentence_spans, whole_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One ends. Two follows! Three?", ["One ends.", "Two follows!", "Three?"]),
        ('He said "stop." Then he left.', ['He said "stop."', "Then he left."]),
        ("Dr. J. Ames paid 3.50 crowns, e.g. for tea.", ["Dr. J. Ames paid 3.50 crowns, e.g. for tea."]),
        ("wrapped in\nthe middle\n\nNext part", ["wrapped in\nthe middle", "Next part"]),
        ("- First item\n- Second item\nThird line", ["- First item", "- Second item", "Third line"]),
        ("東京は首都。人が多い。", ["東京は首都。", "人が多い。"]),
        ("  \n ", []),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences


@given(st.text(max_size=200) | st.text("ab. \n", min_size=0, max_size=3 * LONGEST))
def test_sentences_hold_all_text_and_are_never_too_long(text: str) -> None:
    outside, last = list(text), 0
    for start, end in sentence_spans(text):
        assert last <= start < end <= start + LONGEST
        assert text[start:end] == text[start:end].strip()
        outside[start:end], last = " " * (end - start), end
    assert not "".join(outside).strip()


def test_a_growing_text_shows_only_what_will_stay() -> None:
    assert whole_sentences("It is done. Dr.") == "It is done."
    assert whole_sentences("It costs 3") == ""
