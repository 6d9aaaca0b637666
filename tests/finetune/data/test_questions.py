"""Documents to questions and answers with their places."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.data.passages import Source, passages
from finetune.data.questions import ask_documents
from generation.language_model import Request
from generation.scripted_model import ScriptedModel

TEXT = "The mill was built in 1871.\n\nIt belongs to  Ada\nLovell. The river drives it."
MILL = Source("mill.txt", "The mill", TEXT)
WRITTEN = """Here you are:
Q: When was the mill built?
A: 1871.

**Question 2:** Who owns the mill?
**Answer:** ada lovell
Q: Who painted it?
A: Monet
Q: when was the mill  built?
A: 1871
Q: What is it?
"""
texts = st.text(alphabet=st.sampled_from("ab. \n!"), max_size=120)


@given(texts, st.integers(1, 40))
@settings(max_examples=200)
def test_passages_hold_all_text_in_order_and_are_short(text: str, most: int) -> None:
    cut = list(passages(Source("a", "", text), most))
    ends = [0]
    for passage in cut:
        place = passage.place
        assert passage.text == text[place.start : place.end]
        assert 0 < len(passage.text) <= most
        assert not text[ends[-1] : place.start].strip()
        ends.append(place.end)
    assert not text[ends[-1] :].strip() and ends == sorted(ends)


def test_paragraphs_stay_together_while_they_fit() -> None:
    text = "One.\n\nTwo.\n\n" + "A long sentence. " * 3 + "\n\nEnd."
    assert [p.text for p in passages(Source("a", "", text), 40)] == [
        "One.\n\nTwo.\n\nA long sentence.",
        "A long sentence. A long sentence. \n\nEnd.",
    ]


def test_pairs_keep_their_place_and_the_words_of_the_document() -> None:
    made = ask_documents(ScriptedModel("writer", lambda _: WRITTEN), [MILL])
    assert [(q.question, q.answer) for q in made.kept] == [
        ("When was the mill built?", "1871"),
        ("Who owns the mill?", "Ada\nLovell"),
    ]
    assert (made.passages, made.written, made.unfounded, made.repeated, made.skipped) == (1, 4, 1, 1, 0)
    row = made.kept[0].as_dict()
    assert (row["document"], row["start"], row["end"]) == ("mill.txt", 0, len(TEXT))


def test_the_model_sees_the_title_and_each_passage_once() -> None:
    model = ScriptedModel("writer", lambda _: "")
    documents = [MILL, Source("b", "", "word " * 900)]
    seen: list[tuple[int, int]] = []
    made = ask_documents(model, documents, 2, lambda done, total: seen.append((done, total)))
    assert made.kept == () and made.passages == len(model.requests) == 4
    assert model.requests[0].messages[-1].content == f"The mill\n\n{TEXT}"
    assert "Write 2 different questions" in model.requests[0].messages[0].content
    assert seen == [(4, 4)]


def test_passages_that_do_not_fit_are_counted_not_cut() -> None:
    small = ScriptedModel("small", lambda _: "", context_window=300)
    made = ask_documents(small, [Source("a", "", "w " * 400)])
    assert made.skipped == made.passages > 0 and small.requests == []


@pytest.mark.parametrize("piece", ["\n", "\n*", "Q: a\n", " ", "Q:\n\n"])
def test_a_model_that_repeats_itself_does_not_stall(piece: str) -> None:
    """With quadratic work the test would run into its timeout."""
    made = ask_documents(ScriptedModel("w", lambda _: piece * 200_000), [MILL])
    assert made.kept == ()


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_wild_answers_make_no_unfounded_rows(written: str) -> None:
    def write(_: Request) -> str:
        return f"Q: x?\nA: {written}"

    for kept in ask_documents(ScriptedModel("w", write), [MILL]).kept:
        assert kept.answer in TEXT
