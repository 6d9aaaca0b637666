from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from retrieval.chunking import TITLE_TOKENS, WINDOW_TOKENS, chunk, windows
from retrieval.documents import Document
from retrieval.hashing_embedder import HashingEmbedder
from retrieval.sentence_embedder import MAX_TOKENS, SentenceEmbedder

token_spans = HashingEmbedder().token_spans
word_pieces = SentenceEmbedder().token_spans

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


@given(st.lists(st.tuples(wild, wild), max_size=3))
def test_chunks_are_spans_of_their_documents(texts: list[tuple[str, str]]) -> None:
    documents = [Document(str(i), title, text) for i, (title, text) in enumerate(texts)]
    for one in chunk(documents, token_spans):
        assert documents[one.document].text[one.start : one.end] == one.text


def test_cuts_after_sentences() -> None:
    text = " ".join(f"This is sentence number {i} of the text." for i in range(100))
    chunks = list(chunk([Document("a", "", text)], token_spans))
    assert len(chunks) > 1
    assert all(c.text.startswith("This is") and c.text.endswith("text.") for c in chunks)


def test_cuts_between_words_where_there_are_no_sentences() -> None:
    words = [f"word{i}" for i in range(1000)]
    chunks = list(chunk([Document("a", "", " ".join(words))], token_spans))
    assert [word for c in chunks for word in c.text.split()] == words


def test_windows_are_of_like_size() -> None:
    text = " ".join(["word"] * (WINDOW_TOKENS + 10))
    sizes = [tokens_of(c.text) for c in chunk([Document("a", "", text)], token_spans)]
    assert sizes == [125, 125]


def test_the_title_counts_against_the_window() -> None:
    document = Document("a", "A title " * 100, "word " * 1000)
    for one in chunk([document], token_spans):
        assert tokens_of(one.titled_text) <= WINDOW_TOKENS
        assert tokens_of(one.title) == TITLE_TOKENS


def test_white_space_alone_is_no_chunk() -> None:
    assert list(chunk([Document("a", "Title", " \n\t ")], token_spans)) == []


@given(
    st.text(max_size=100),
    st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=6).map(lambda parts: "".join(parts * 60)),
)
def test_the_real_model_reads_every_chunk_to_its_end(title: str, text: str) -> None:
    chunks = list(chunk([Document("a", title, text)], word_pieces))
    assert all(text[c.start : c.end] == c.text for c in chunks)
    assert all(len(spans) <= MAX_TOKENS - 2 for spans in word_pieces([c.titled_text for c in chunks]))
