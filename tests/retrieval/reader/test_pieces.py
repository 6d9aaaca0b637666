"""Windows: every piece of a passage is read, and each knows where it stands."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.reader.pieces import MOST_PIECES, Window, windows


def test_a_short_passage_is_one_window() -> None:
    ((window,),) = windows("Who met Ana?", ["Ana met Bert. Carl left."])
    assert len(window.ids) == len(window.clues) == window.first + len(window.places) + 1
    assert ["Ana met Bert. Carl left."[a:b] for a, b in window.places] == [
        "Ana",
        "met",
        "Bert",
        ".",
        "Carl",
        "left",
        ".",
    ]


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=12), max_size=400))
def test_windows_cover_all_that_the_tokenizer_sees(question: str, words: list[str]) -> None:
    text = " ".join(words)
    ((*found,),) = windows(question, [text])
    assert found and all(len(w.ids) <= MOST_PIECES for w in found)
    assert set(places(found)) == set(places(windows(question, [text], most=100_000)[0]))


def test_neighbours_overlap() -> None:
    first, second, *_ = windows("Who?", ["word " * 600])[0]
    assert set(first.places) & set(second.places)


def test_clues_mark_words_of_the_question_and_their_sentence() -> None:
    text = "The mill was sold. Edna founded the bakery in 1907."
    ((window,),) = windows("Who was the founder of the bakery?", [text])
    of = {text[a:b]: clue for (a, b), clue in zip(window.places, window.clues[window.first :], strict=False)}
    assert [word for word, clue in of.items() if clue[0]] == ["founded", "bakery"]
    assert of["Edna"][1] > of["mill"][1] and of["Edna"][2] == 0 > of["mill"][2]
    assert of["Edna"][4] == 1 == of["1907"][5] and of["mill"][4] == 0


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\ud800 lone", "e\u0301clair \U0001f600 \u0130stanbul"])
def test_odd_texts_are_read(text: str) -> None:
    ((window, *_),) = windows(text, [text])
    assert np.isfinite(window.clues).all()
    assert all(0 <= a <= b <= len(text) for a, b in window.places)


def places(found: list[Window]) -> list[tuple[int, int]]:
    return [place for window in found for place in window.places]
