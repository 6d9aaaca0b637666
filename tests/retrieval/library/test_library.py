"""Files into a store and passages out of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from retrieval.embedder import Vectors
from retrieval.errors import EmbeddingInputError
from retrieval.extraction import Extractor
from retrieval.hashing_embedder import HashingEmbedder
from retrieval.library.embedding import embed_inputs
from retrieval.library.library import Library
from retrieval.library.passages import find_passages
from retrieval.library.upload import Upload
from retrieval.library.watched_embedder import Watch
from retrieval.parents import StaticStrategy, page_at

STORY = "\n\n".join(f"On day {day} the ferry took {day * 7} goats over the lake." * 9 for day in range(40))


class CountingEmbedder(HashingEmbedder):
    """Counts what it embeds, and knows where it must end."""

    longest, vocabulary = 3, 10

    def __init__(self) -> None:
        super().__init__(64)
        self.embedded = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.embedded += len(texts)
        return super().embed(texts)

    def embed_tokens(self, tokens: Sequence[Sequence[int]]) -> Vectors:
        return super().embed([str(one) for one in tokens])


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    with Extractor() as extractor:
        yield extractor


@pytest.fixture
def embedder() -> CountingEmbedder:
    return CountingEmbedder()


@pytest.fixture
def make(tmp_path: Path, embedder: CountingEmbedder, extractor: Extractor) -> Iterator[object]:
    made = []

    def library(watch: Watch = lambda embedded: None, seconds: float = 60) -> Library:
        made.append(Library(tmp_path / "store", embedder, extractor, watch=watch, seconds=seconds))
        return made[-1]

    yield library
    for one in made:
        one.close()


def text_of(id: str, text: str, name: str = "") -> Upload:
    return Upload(id, name or f"{id}.txt", text.encode())


def test_a_file_under_another_id_embeds_nothing_again(make, embedder: CountingEmbedder) -> None:
    library = make()
    (first,) = library.add([text_of("a", STORY, "story.txt")])
    once = embedder.embedded
    assert first.error is None and first.chunks > 10 and first.usage_bytes > len(STORY)
    assert once == library.store.stats().passages
    list(library.add([text_of("b", STORY, "story.txt")]))
    library.remove(["a", "b", "unknown"])
    list(library.add([text_of("c", STORY, "story.txt")]))
    assert embedder.embedded == once and [file.id for file in library.store.files()] == ["c"]


def test_what_was_embedded_before_an_interruption_is_not_embedded_again(
    make, embedder: CountingEmbedder
) -> None:
    def interrupt(_embedded: int) -> None:
        if embedder.embedded > 100:
            raise KeyboardInterrupt

    many = [text_of(f"f{i}", f"{STORY} variant {i}", f"f{i}.txt") for i in range(12)]
    with pytest.raises(KeyboardInterrupt):
        list(make(interrupt).add(many))
    before = embedder.embedded
    library = make()
    assert all(added.error is None for added in library.add(many))
    assert len(library.store.files()) == 12
    assert embedder.embedded - before <= library.store.stats().passages


def test_files_of_one_name_may_replace_each_other(make) -> None:
    library = make()
    list(library.add([text_of("a", "first", "x.txt"), text_of("b", "other", "y.txt")]))
    list(library.add([text_of("c", "second", "x.txt"), text_of("d", "third", "x.txt")], replace="name"))
    assert {file.id for file in library.store.files()} == {"b", "d"}


def test_what_fails_fails_alone(make) -> None:
    bad = Upload("bad", "bad.txt", b"text", {"key": float("nan")})
    outcomes = list(make().add([text_of("a", "good"), bad, text_of("e", " "), text_of("b", "too")]))
    errors = {one.upload_id: one.error and one.error.code for one in outcomes}
    assert errors == {"a": None, "bad": "invalid_file", "e": "invalid_file", "b": None}


def test_a_file_that_takes_too_long_fails_and_says_so(make) -> None:
    library = make(lambda embedded: time.sleep(0.02), seconds=0.01)
    library._extractor.extract("warm.txt", b"warm")
    (added,) = library.add([text_of("slow", "short")])
    assert added.error is not None and added.error.code == "server_error"
    assert library.store.files() == []


def test_a_window_over_several_sheets_knows_where_each_begins(make) -> None:
    book, data = openpyxl.Workbook(), BytesIO()
    for sheet in (book.active, book.create_sheet("goats")):
        sheet.append([f"The ferry {sheet.title} sails at noon."])
    book.save(data)
    library = make()
    assert [added.error for added in library.add([Upload("a", "ferries.xlsx", data.getvalue())])] == [None]
    (found,) = library.store.search("ferry noon")
    second = library.store.text("a").index("ferry goats")
    assert page_at(second, found.pages) == 2 > page_at(found.chunk.start, found.pages)


def test_passages_are_the_spans_around_the_windows(make) -> None:
    library = make()
    sizes = StaticStrategy(400, 200)
    list(library.add([Upload("a", "story.txt", STORY.encode(), {"kind": "tale"}, sizes)]))
    whole = library.store.text("a")
    passages = find_passages(library.store, ["how many goats on day 17"], 6)
    assert len(passages) == 6 == len({(one.text_start, one.text_end) for one in passages})
    for one in passages:
        assert one.text == whole[one.text_start : one.text_end] and one.attributes == {"kind": "tale"}
        assert one.quote == whole[one.start : one.end]
        assert one.text_start <= one.start < one.end <= one.text_end
        assert len(library._embedder.token_spans([one.quote])[0]) <= 240
        assert len(library._embedder.token_spans([one.text])[0]) <= 400
    assert [one.score for one in passages] == sorted((one.score for one in passages), reverse=True)


def test_embedding_inputs_are_read_whole_or_refused(embedder: CountingEmbedder) -> None:
    vectors, tokens = embed_inputs(embedder, ["a b", "c"])
    assert vectors.shape == (2, 64) and tokens == 3
    assert embed_inputs(embedder, [[1, 2, 9]])[1] == 3
    assert embed_inputs(embedder, ["a"] * 200)[0].shape == (200, 64)
    for wrong in (["a b c d"], [[1, 2, 3, 4]], [[10]], [[-1]]):
        with pytest.raises(EmbeddingInputError):
            embed_inputs(embedder, wrong)
    with pytest.raises(EmbeddingInputError, match="send fewer"):
        embed_inputs(HashingEmbedder(), ["word " * 1000] * 301)
    with pytest.raises(EmbeddingInputError, match="send texts"):
        embed_inputs(HashingEmbedder(), [[1]])
