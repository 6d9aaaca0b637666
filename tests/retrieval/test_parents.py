from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.chunking import TITLE_TOKENS, WINDOW_TOKENS
from retrieval.embedder import Span
from retrieval.errors import ChunkingStrategyError
from retrieval.hashing_embedder import HashingEmbedder
from retrieval.parents import AUTO, Child, StaticStrategy, children
from retrieval.sentence_embedder import MAX_TOKENS, SentenceEmbedder

token_spans = HashingEmbedder().token_spans
word_pieces = SentenceEmbedder().token_spans

wild = st.text(max_size=300) | st.lists(
    st.sampled_from(
        ["word ", "Wörter ", "end. ", "why? ", "\n\n", " ", "\u00a0", "。", "a.b.c", "😀", "x" * 50]
    ),
    max_size=60,
).map(lambda parts: "".join(parts * 30))
strategies = st.builds(
    lambda size, share: StaticStrategy(size, int(size * share)), st.integers(100, 900), st.floats(0, 0.5)
)


def tokens_of(text: str) -> int:
    return len(token_spans([text])[0])


def sentences(count: int) -> str:
    return " ".join(f"This is sentence number {i} of the text." for i in range(count))


@given(wild, wild, strategies)
def test_children_hold_all_text_in_order_inside_their_parents(
    text: str, title: str, strategy: StaticStrategy
) -> None:
    found = children(text, title, (), token_spans, strategy)
    assert all(a.end <= b.start for a, b in pairwise(found))
    outside = list(text)
    for child in found:
        assert text[child.start : child.end] == text[child.start : child.end].strip() != ""
        assert child.parent[0] <= child.start < child.end <= child.parent[1]
        outside[child.start : child.end] = " " * (child.end - child.start)
    assert not "".join(outside).strip()


@given(wild, st.text(max_size=50), strategies)
def test_parents_keep_to_size_and_overlap(text: str, title: str, strategy: StaticStrategy) -> None:
    spans = token_spans([text])[0]

    def size(start: int, end: int) -> int:
        return sum(start <= first < end for first, _ in spans)

    parents = sorted({child.parent for child in children(text, title, (), token_spans, strategy)})
    assert all(size(*parent) <= strategy.max_chunk_size_tokens for parent in parents)
    assert all(size(b[0], a[1]) <= strategy.chunk_overlap_tokens for a, b in pairwise(parents) if b[0] < a[1])


def test_the_default_is_eight_hundred_tokens_of_which_neighbours_share_four_hundred() -> None:
    text = " ".join(["word"] * 4000)
    found = children(text, "", (), token_spans)
    parents = sorted({child.parent for child in found})
    assert {tokens_of(text[start:end]) for start, end in parents} == {800}
    assert {tokens_of(text[b[0] : a[1]]) for a, b in pairwise(parents)} == {400}
    assert {tokens_of(text[child.start : child.end]) for child in found} == {200}


def test_a_parent_surrounds_its_child_on_both_sides() -> None:
    found = children(sentences(1000), "", (), token_spans)
    inner = [child for child in found if child.start > found[3].end and child.end < found[-4].start]
    assert inner
    assert all(child.parent[0] < child.start and child.end < child.parent[1] for child in inner)


def test_a_short_text_is_its_own_parent() -> None:
    assert children("  A few words.\n", "A title", (), token_spans) == [
        Child(2, 14, "A title", (2, 14), None),
    ]


def test_white_space_has_no_children() -> None:
    assert children(" \n\t", "Title", (0,), token_spans) == []


def test_titles_count_against_windows() -> None:
    for child in children("word " * 2000, "long title " * 100, (), token_spans, StaticStrategy(4096, 0)):
        assert tokens_of(child.title) == TITLE_TOKENS
        assert child.end - child.start <= 5 * (WINDOW_TOKENS - TITLE_TOKENS)


def test_pages_are_those_on_which_a_child_begins_and_ends() -> None:
    [child] = children("one\n\nthree\n", "", (0, 4, 5), token_spans)
    assert child.pages == (1, 3)


def test_every_page_number_is_where_the_text_says() -> None:
    starts, text = [], ""
    for number in range(1, 30):
        starts.append(len(text))
        text += f"page{number}. " * 120 + "\n"
    for child in children(text, "", starts, token_spans):
        words = text[child.start : child.end].split()
        assert child.pages == (int(words[0][4:-1]), int(words[-1][4:-1]))


def test_long_texts_are_cut_between_lines_and_lose_nothing() -> None:
    text = "\n".join(f"Row {i}: some value of some length." for i in range(30_000))
    found = children(text, "", (), token_spans)
    assert len(text) > 1_000_000
    assert all(text[c.start : c.end].startswith("Row") and text[c.end - 1] == "." for c in found)
    assert sum(text[c.start : c.end].count("Row") for c in found) == 30_000


def test_a_long_text_without_any_space_is_cut_too() -> None:
    text = "x1" * 100_000
    found = children(text, "", (), lambda texts: [[(i, i + 1) for i in range(len(t))] for t in texts])
    assert "".join(text[c.start : c.end] for c in found) == text


@pytest.mark.parametrize(
    ("size", "overlap", "named"),
    [
        (99, 0, "max_chunk_size_tokens is 99"),
        (4097, 0, "max_chunk_size_tokens is 4097"),
        (800, 401, "chunk_overlap_tokens is 401"),
        (101, 51, "0 to half of max_chunk_size_tokens, 50"),
        (800, -1, "chunk_overlap_tokens is -1"),
    ],
)
def test_impossible_strategies_are_refused(size: int, overlap: int, named: str) -> None:
    with pytest.raises(ChunkingStrategyError, match=named):
        StaticStrategy(size, overlap)


def test_auto_is_what_openai_calls_auto() -> None:
    assert (AUTO.max_chunk_size_tokens, AUTO.chunk_overlap_tokens) == (800, 400)


@given(
    st.text(max_size=100),
    st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=6).map(lambda parts: "".join(parts * 60)),
    strategies,
)
def test_the_real_model_reads_every_child_to_its_end(title: str, text: str, strategy: StaticStrategy) -> None:
    found = children(text, title, (), word_pieces, strategy)
    shown = [f"{c.title}\n{text[c.start : c.end]}" if c.title else text[c.start : c.end] for c in found]
    assert all(len(spans) <= MAX_TOKENS - 2 for spans in word_pieces(shown))


def spans_of(found: list[Child]) -> list[Span]:
    return [(child.start, child.end) for child in found]


def test_the_strategy_leaves_windows_alone_where_steps_are_alike() -> None:
    text = sentences(300)
    wide, narrow = StaticStrategy(800, 400), StaticStrategy(400, 0)
    assert spans_of(children(text, "", (), token_spans, wide)) == spans_of(
        children(text, "", (), token_spans, narrow)
    )
