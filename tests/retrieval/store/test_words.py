"""The store's words against bm25s over the same texts."""

from __future__ import annotations

import bm25s
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.hashing_embedder import HashingEmbedder
from retrieval.store.limits import Limits
from retrieval.store.records import NewChunk, NewFile
from retrieval.store.store import Store
from retrieval.store.word_file import in_order, merged, merged_lengths, read_words, write_words
from retrieval.store.words import WordTail, word_hash, word_list

WORDS = ["bridge", "tower", "Rain", "naïve", "桥", "x1", "the", "of"]
TEXTS = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join),
    min_size=1,
    max_size=30,
    unique=True,
)


def files_of(texts: list[str]) -> list[NewFile]:
    return [NewFile(str(n), str(n), text, [NewChunk(0, len(text))]) for n, text in enumerate(texts)]


def scores(texts: list[str], question: str) -> list[float]:
    *told, asked = bm25s.tokenize(
        [*texts, question], token_pattern=r"\w+", stopwords=[], return_ids=False, show_progress=False
    )
    known = [word for word in asked if any(word in words for words in told)]
    if not known:
        return [0.0] * len(texts)
    index = bm25s.BM25()
    index.index(told, show_progress=False)
    return list(index.get_scores(known))


@settings(max_examples=25, deadline=None)
@given(
    texts=TEXTS,
    gone=st.sets(st.integers(0, 29)),
    question=st.lists(st.sampled_from(WORDS), min_size=1, max_size=4),
)
def test_ranks_as_an_index_of_what_is_left(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], gone: set[int], question: list[str]
) -> None:
    left = [number for number in range(len(texts)) if number not in gone]
    asked = " ".join(question)
    expected = {
        str(number): score
        for number, score in zip(left, scores([texts[number] for number in left], asked), strict=True)
        if score > 0
    }
    folder = tmp_path_factory.mktemp("words")
    with Store.create(folder, HashingEmbedder(8), Limits(tail=4)) as store:
        for start in range(0, len(texts), 6):
            store.put(files_of(texts)[start : start + 6])
        store.delete([str(number) for number in gone if number < len(texts)])
        for _ in range(2):
            found = {one.file_id: one.score for one in store.search(asked, 99, mode="lexical")}
            assert found.keys() == expected.keys()
            assert all(0 < score < 1 for score in found.values())
            same = [found[id] / expected[id] for id in expected]
            assert np.allclose(same, same[:1], rtol=1e-4)
            store.compact()


def test_merging_keeps_words_and_scores(tmp_path) -> None:
    texts = [f"only{n} shared{n % 7} shared{n % 11}" for n in range(200)]
    with Store.create(tmp_path, HashingEmbedder(8), Limits(tail=16)) as store:
        for start in range(0, 200, 20):
            store.put(files_of(texts)[start : start + 20])
        before = [store.search(f"only{n} shared{n % 7}", 99, mode="lexical") for n in range(0, 200, 9)]
        store.compact()
        assert [
            store.search(f"only{n} shared{n % 7}", 99, mode="lexical") for n in range(0, 200, 9)
        ] == before


def test_word_files_merge_in_small_steps_as_in_one(tmp_path) -> None:
    lists = [[word_list(f"w{n % 13} w{n % 5} w{n}") for n in range(start, start + 40)] for start in (0, 40)]
    files = []
    for number, some in enumerate(lists):
        tail, path = WordTail.of(some), tmp_path / str(number)
        write_words(path, number, tail.lengths, in_order(tail))
        new = np.arange(40) * 2 + number
        files.append((read_words(path, number), np.where(np.arange(40) % 9 == 0, -1, new)))
    for name, per_block in (("one", 10**6), ("many", 7)):
        write_words(tmp_path / name, 0, merged_lengths(files, 80), merged(files, per_block))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "many").read_bytes()
    rows, counts = read_words(tmp_path / "many", 0).postings(word_hash("w3"))
    expected = {n % 40 * 2 + n // 40 for n in range(80) if 3 in (n % 13, n % 5, n) and n % 40 % 9}
    assert set(rows.tolist()) == expected
    assert counts.sum() == sum([n % 13, n % 5, n].count(3) for n in range(80) if n % 40 % 9)
