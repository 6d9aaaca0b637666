"""The shipped reader: exact spans, abstention, long passages, the same answers alone and in a batch."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import pytest

from retrieval.documents import Document
from retrieval.reader import Reader, Span

PASSAGES = [
    Document(str(i), "", text)
    for i, text in enumerate(
        [
            "The Velnor Museum opened in 1904. It was founded by Tamsin Orrery, a botanist from Haldby.",
            "The bridge over the Ister is 312 metres long. It was built by Piet Malder and closed in 1988.",
            "Rain fell on the hills for most of the week. The river rose, and the ferry stayed at the pier.",
        ]
    )
]
QUESTIONS = {
    "Who founded the Velnor Museum?": "Tamsin Orrery",
    "When did the Velnor Museum open?": "1904",
}


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.mark.parametrize(("question", "answer"), QUESTIONS.items())
def test_finds_the_answer_among_passages(reader: Reader, question: str, answer: str) -> None:
    found = reader.read(question, PASSAGES)
    assert answer in found[0].text
    check(found, PASSAGES)


def test_a_batch_reads_like_one_at_a_time(reader: Reader) -> None:
    asked = [(q, PASSAGES[:n]) for q in QUESTIONS for n in (1, 2, 3)] + [("Who?", [])]
    together = reader.read_each(asked)
    assert together[-1] == []
    for (question, passages), spans in zip(asked, together, strict=True):
        alone = reader.read(question, passages)
        assert [(s.passage, s.text) for s in alone[:2]] == [(s.passage, s.text) for s in spans[:2]]
        assert [s.probability for s in alone[:2]] == pytest.approx(
            [s.probability for s in spans[:2]], abs=1e-3
        )


def test_a_second_reader_reads_the_same(reader: Reader) -> None:
    question = next(iter(QUESTIONS))
    assert Reader().read(question, PASSAGES) == reader.read(question, PASSAGES)


@pytest.mark.parametrize("words_before", [150, 230, 500])
def test_an_answer_far_into_a_long_passage_is_found(reader: Reader, words_before: int) -> None:
    filler = PASSAGES[2].text + " "
    text = filler * (words_before // len(filler.split())) + PASSAGES[0].text + " " + filler * 3
    found = reader.read("When did the Velnor Museum open?", [Document("long", "", text)])
    assert "1904" in found[0].text
    check(found, [Document("long", "", text)])


def test_it_is_less_sure_where_nothing_answers(reader: Reader) -> None:
    for question in QUESTIONS:
        told = sum(s.probability for s in reader.read(question, PASSAGES))
        silent = sum(s.probability for s in reader.read(question, PASSAGES[2:]))
        assert silent < 0.5 and silent < told


@pytest.mark.parametrize("text", ["", "   ", "?!", "\ud800", "\U0001f600 " * 300, "a" * 5_000])
def test_odd_texts_break_nothing(reader: Reader, text: str) -> None:
    check(reader.read(text, [Document("odd", "", text), *PASSAGES]), [Document("odd", "", text), *PASSAGES])


def test_whoever_only_imports_it_loads_no_model_library() -> None:
    code = (
        "import retrieval.reader, sys; assert not {'torch', 'transformers', 'tokenizers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def check(spans: Sequence[Span], passages: Sequence[Document]) -> None:
    """What holds of every reading."""
    assert all(s.text == passages[s.passage].text[s.start : s.end] and s.text for s in spans)
    assert all(s.probability > 0 for s in spans) and sum(s.probability for s in spans) <= 1 + 1e-6
    for i, one in enumerate(spans):
        assert not any(
            one.passage == o.passage and one.start < o.end and o.start < one.end for o in spans[:i]
        )
