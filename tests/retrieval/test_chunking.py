from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from retrieval.chunking import WINDOW_TOKENS, windows
from retrieval.hashing_embedder import HashingEmbedder

token_spans = HashingEmbedder().token_spans

wild = st.text(max_size=300) | st.lists(
    st.sampled_from(
        ["word", "Wörter", "end.", "why?", "\n\n", " ", "\u00a0", "。", "a.b.c", "½", "😀", "\x00"]
    ),
    max_size=300,
).map("".join)
"""Texts of any characters, and long ones made of what cutting looks at."""


def tokens_of(text: str) -> int:
    return len(token_spans([text])[0])


@given(wild, st.integers(1, 20))
def test_windows_are_in_order_trimmed_and_lose_nothing(text: str, limit: int) -> None:
    found = list(windows(text, token_spans([text])[0], limit))
    assert all(a_end <= b_start for (_, a_end), (b_start, _) in pairwise(found))
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in found)
    outside = list(text)
    for start, end in found:
        outside[start:end] = " " * (end - start)
    assert not "".join(outside).strip()


@given(wild, st.integers(1, 20))
def test_windows_keep_to_the_limit(text: str, limit: int) -> None:
    spans = token_spans([text])[0]
    for start, end in windows(text, spans, limit):
        assert sum(start <= first < end for first, _ in spans) <= limit


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in windows(text, token_spans([text])[0], WINDOW_TOKENS)]


def test_cuts_after_sentences() -> None:
    found = cut(" ".join(f"This is sentence number {i} of the text." for i in range(100)))
    assert len(found) > 1
    assert all(one.startswith("This is") and one.endswith("text.") for one in found)


def test_cuts_between_words_where_there_are_no_sentences() -> None:
    words = [f"word{i}" for i in range(1000)]
    assert [word for one in cut(" ".join(words)) for word in one.split()] == words


def test_windows_are_of_like_size() -> None:
    assert [tokens_of(one) for one in cut(" ".join(["word"] * (WINDOW_TOKENS + 10)))] == [125, 125]
