"""Questions to answers: exact citations, abstention, streams, timings."""

from __future__ import annotations

from pathlib import Path

import pytest

from generation.language_model import Request
from generation.prompts import UNKNOWN
from generation.scripted_model import ScriptedModel
from retrieval.answers.answering import Answering
from retrieval.answers.errors import NoReaderError
from retrieval.answers.records import Answered, Searched, Wish
from retrieval.answers.sentence_reader import SentenceReader
from retrieval.hashing_embedder import HashingEmbedder
from retrieval.store.store import Store
from tests.retrieval.answers.conftest import plain, put

CALIBRATIONS = {"extractive": plain("extractive"), "generative": plain("generative")}
OPENED = "When was the Ravel Tower opened?"


def saying(text: str) -> Answering:
    model = ScriptedModel("scripted", lambda request: text)
    return Answering(SentenceReader(), model, CALIBRATIONS)


def check_citations(answered: Answered, store: Store) -> None:
    for one in answered.citations:
        assert store.text(one.file_id)[one.start : one.end] == one.quote
        assert store.file(one.file_id).name == one.filename


def test_an_extracted_answer_is_cited_to_the_character(store: Store) -> None:
    answered = saying("").answer(OPENED, [store], Wish(reader="extractive"))
    assert answered.text == "The Ravel Tower was opened in 1931."
    assert [one.filename for one in answered.citations] == ["tower.txt"]
    check_citations(answered, store)
    assert answered.reader == "extractive" and answered.confidence >= answered.threshold
    assert set(answered.seconds) == {"search", "read"}


def test_a_written_answer_is_aligned_by_its_words_not_by_what_it_claims(store: Store) -> None:
    text = "The tower was opened in 1931 [3]. The bridge was opened in 1958 [1]."
    answered = saying(text).answer("tower opened, bridge opened?", [store], Wish("generative"))
    assert answered.text == text
    assert [one.filename for one in answered.citations] == ["tower.txt", "bridge.txt"]
    assert [text[slice(*one.supports)].split()[1] for one in answered.citations] == ["tower", "bridge"]
    check_citations(answered, store)
    assert answered.prompt_tokens and answered.completion_tokens
    assert set(answered.seconds) == {"search", "write"}


def test_the_quote_of_a_short_answer_is_the_one_that_fits_the_question(store: Store) -> None:
    answered = saying("1958").answer("When was the Ostend Bridge opened?", [store], Wish("generative"))
    assert [one.quote for one in answered.citations] == ["The bridge was opened in 1958."]


@pytest.mark.parametrize("text", [UNKNOWN, "I don\u2019t know.", "", "i don't know, sorry"])
def test_a_model_that_declines_is_believed(store: Store, text: str) -> None:
    answered = saying(text).answer(OPENED, [store], Wish("generative"))
    assert answered.abstained and answered.reason == "declined"
    assert answered.text == "" and not answered.citations and answered.confidence == 0


def test_what_nothing_supports_is_withheld(store: Store) -> None:
    made_up = "Leopold Quill invented the steam organ."
    answering = saying(made_up)
    assert [type(item) for item in answering.stream(OPENED, [store], Wish("generative"))] == [
        Searched,
        Answered,
    ]
    answered = answering.answer(OPENED, [store], Wish("generative"))
    assert (answered.reason, answered.text, answered.withheld) == ("weak_evidence", "", made_up)


def test_a_threshold_of_the_caller_counts(store: Store) -> None:
    answered = saying("").answer(OPENED, [store], Wish("extractive", threshold=0.999))
    assert answered.abstained and answered.threshold == 0.999 and answered.withheld
    assert not saying("").answer(OPENED, [store], Wish("extractive", threshold=0)).abstained


def test_a_store_without_anything_near_is_an_abstention(store: Store) -> None:
    answered = saying("Anything.").answer("xylophone", [store], Wish(mode="lexical"))
    assert answered.reason == "nothing_found" and answered.reader is None


def test_auto_asks_the_model_where_the_reader_is_not_sure(store: Store) -> None:
    text = "Members pay twelve crowns a year."
    fees = saying(text).answer("What is the fee?", [store])
    assert (fees.reader, fees.text) == ("generative", "") and fees.withheld == text
    assert (
        saying(text).answer("How much do members of the library pay a year?", [store]).reader == "extractive"
    )


def test_a_reader_that_is_not_there_is_an_error(store: Store) -> None:
    with pytest.raises(NoReaderError, match="generative"):
        Answering(SentenceReader()).answer(OPENED, [store], Wish("generative"))


def test_a_stream_spells_the_answer_and_begins_once_it_is_supported(store: Store) -> None:
    text = "Here is what I found. The Ravel Tower was opened in 1931. It is 212 metres high."
    searched, *pieces, answered = saying(text).stream(OPENED, [store], Wish("generative"))
    assert isinstance(searched, Searched)
    for one in searched.sources:
        assert store.text(one.file_id, one.start, one.end) == one.text
    assert isinstance(answered, Answered) and "".join(map(str, pieces)) == answered.text == text
    assert len(pieces) > 1 and "1931" in str(pieces[0])
    assert saying(text).answer(OPENED, [store], Wish("generative")).citations == answered.citations


def test_two_stores_answer_together(store: Store, tmp_path: Path, embedder: HashingEmbedder) -> None:
    with Store.create(tmp_path / "other", embedder) as other:
        put(other, "mill.txt", "The water mill was opened in 1702.", embedder)
        answered = saying("").answer("When was the water mill opened?", [store, other], Wish("extractive"))
    assert [one.filename for one in answered.citations] == ["mill.txt"]


def test_a_page_is_that_of_the_quote_not_of_the_window_found(
    tmp_path: Path, embedder: HashingEmbedder
) -> None:
    before = "Rivers are long. " * 12
    with Store.create(tmp_path / "paged", embedder) as store:
        put(store, "atlas.pdf", before + "The Vey has 300 miles of banks.", embedder, (0, 10))
        wish = Wish("generative", passages=1, threshold=0)
        answered = saying("The Vey has 300 miles of banks.").answer("Are rivers long?", [store], wish)
    assert [(one.start, one.page) for one in answered.citations] == [(len(before), 2)]


def test_a_window_may_cross_pages_and_the_page_is_that_of_the_quote(
    tmp_path: Path, embedder: HashingEmbedder
) -> None:
    before, quote = "Rivers are long. ", "The Vey has 300 miles of banks."
    with Store.create(tmp_path / "paged", embedder) as store:
        put(store, "atlas.pdf", before + quote + " Its banks are steep.", embedder, (0, len(before), 48))
        assert [chunk.page for chunk in store.chunks("file-atlas")] == [1]
        answered = saying(quote).answer("Miles of banks?", [store], Wish("generative", threshold=0))
    assert [(one.quote, one.page) for one in answered.citations] == [(quote, 2)]


def test_spans_are_shown_where_they_fit_and_windows_where_they_do_not(store: Store) -> None:
    seen: list[Request] = []

    def script(request: Request) -> str:
        seen.append(request)
        return UNKNOWN

    for window in (4000, 330):
        model = ScriptedModel("scripted", script, context_window=window)
        Answering(None, model, CALIBRATIONS).answer(OPENED, [store], Wish("generative"))
    wide, narrow = (request.messages[-1].content for request in seen)
    assert wide.count("[") == 3 > narrow.count("[") >= 1
