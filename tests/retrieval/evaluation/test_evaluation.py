"""Labelled questions asked of a store: every figure worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from generation.language_model import Request
from generation.prompts import UNKNOWN
from generation.scripted_model import ScriptedModel
from retrieval.answers.answering import Answering
from retrieval.answers.calibration import Calibration
from retrieval.answers.records import Wish
from retrieval.evaluation.outcome import Outcome, ask
from retrieval.evaluation.questions import LabelledQuestion, labels_of
from retrieval.evaluation.report import report
from retrieval.hashing_embedder import HashingEmbedder
from retrieval.store.records import NewChunk, NewFile
from retrieval.store.store import Store

FILES = {
    "tower.txt": "The Ravel Tower was opened in 1931.",
    "bridge.txt": "The Ostend Bridge was opened in 1958.",
    "fees.txt": "Members of the library pay twelve crowns.",
}
SAID = {
    "When was the Ravel Tower opened?": "in 1931",
    "When was the Ostend Bridge opened?": "The Ravel Tower was opened in 1931.",
    "What do members pay?": UNKNOWN,
    "Who painted the bridge?": "The Ostend Bridge was opened in 1958.",
}
QUESTIONS = [
    LabelledQuestion(question="When was the Ravel Tower opened?", answers=("1931",), files=("tower.txt",)),
    LabelledQuestion(question="When was the Ostend Bridge opened?", answers=("1958",), files=("bridge.txt",)),
    LabelledQuestion(
        question="What do members pay?", answers=("twelve crowns", "12 crowns"), files=("fees.txt",)
    ),
    LabelledQuestion(question="Who painted the bridge?", answers=()),
]
BY_SUPPORT = Calibration("generative", {"support": 2.0, "relevance": 1.0}, -2.0, 0.5, 0.2, 100, 0.1, 0.5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "store", HashingEmbedder(128)) as made:
        for name, text in FILES.items():
            made.put([NewFile(f"file-{name[:3]}", name, text, [NewChunk(0, len(text))])])
        yield made


@pytest.fixture
def outcomes(store: Store) -> list[Outcome]:
    def script(request: Request) -> str:
        question = request.messages[-1].content.splitlines()[0].removeprefix("Question: ")
        return SAID[question]

    answering = Answering(None, ScriptedModel("scripted", script), {"generative": BY_SUPPORT})
    return [ask(one, store, answering, Wish("generative")) for one in QUESTIONS]


def test_each_question_is_scored_alone(outcomes: list[Outcome]) -> None:
    tower, bridge, fees, painter = outcomes
    assert tower.ranking == {"recall@1": 1, "recall@5": 1, "recall@10": 1, "mrr": 1, "ndcg@10": 1}
    assert (tower.exact_match, tower.token_f1) == (0, pytest.approx(2 / 3))
    assert (tower.citation_precision, tower.citation_recall) == (1, 1)
    assert (bridge.citation_precision, bridge.citation_recall, bridge.token_f1) == (0, 0, 0)
    assert fees.abstained and fees.citation_recall is None and fees.token_f1 == 0
    assert (painter.answerable, painter.ranking, painter.loss) == (False, None, 1.0)


def test_the_report_of_a_worked_example(outcomes: list[Outcome]) -> None:
    found = report(outcomes)
    assert found.questions == 4

    def value(table: dict, name: str) -> tuple[float, int]:
        return table[name].value, table[name].questions

    assert value(found.retrieval, "recall@5") == (1, 3)
    assert value(found.answers, "token_f1") == (pytest.approx(2 / 9, abs=1e-4), 3)
    assert value(found.answers, "token_f1_when_answered") == (pytest.approx(1 / 3, abs=1e-4), 2)
    assert value(found.citations, "precision") == value(found.citations, "recall") == (0.5, 2)
    assert value(found.abstention, "coverage") == (0.75, 4)
    assert value(found.abstention, "risk") == (pytest.approx((1 / 3 + 1 + 1) / 3, abs=1e-4), 3)
    assert value(found.abstention, "right") == (0, 1)
    assert value(found.abstention, "wrong") == (pytest.approx(1 / 3, abs=1e-4), 3)
    assert found.curve[-1].coverage == 1 and found.curve[-1].risk == pytest.approx(10 / 12)
    assert 0 < found.aurc <= 1  # type: ignore[operator]


def test_what_has_no_labels_is_not_measured(store: Store) -> None:
    answering = Answering(None, ScriptedModel("scripted", lambda request: "1931"), {"generative": BY_SUPPORT})
    only_files = LabelledQuestion(question="When was the Ravel Tower opened?", files=("file-tow",))
    found = report([ask(only_files, store, answering, Wish("generative"))])
    assert found.retrieval["mrr"] and found.citations["recall"]
    assert found.answers["exact_match"] is None and found.aurc is None and found.curve == ()
    assert report([]).seconds is None


@pytest.mark.parametrize(
    "row",
    [
        {"question": "Who?"},
        {"question": "", "answers": ["a"]},
        {"question": "Who?", "answers": ["a"], "files": []},
        {"question": "Who?", "answers": ["a"], "colour": "red"},
    ],
)
def test_labels_that_say_nothing_or_too_much_are_refused(row: dict) -> None:
    with pytest.raises(ValidationError):
        LabelledQuestion.model_validate(row)


def test_a_file_is_known_by_its_id_or_its_name() -> None:
    found = [("file-1", "a.txt"), ("file-2", "b.txt"), ("file-1", "a.txt"), ("file-3", "c.txt")]
    assert labels_of(["b.txt", "file-1"], found) == ["file-1", "b.txt", "file-3"]
