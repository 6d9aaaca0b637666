"""The reader as a method: where it applies, what it answers, and that a deployment answers the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from advisor.answering import Answerer
from advisor.deployment import deploy, open_deployment
from advisor.estimate import situation_of
from advisor.measure import open_corpus
from advisor.methods import Training
from advisor.methods.rag_reader import RagReader
from advisor.use_case import UseCase
from advisor.workbench import Workbench
from generation.catalog import Catalog
from retrieval.answers.extractive import Readable
from retrieval.answers.sentence_reader import Pointed, SentenceReader
from retrieval.hashing_embedder import HashingEmbedder

TOWNS = [
    f"{first}{last}"
    for first in ("Ar", "Bel", "Cor", "Dun")
    for last in ("lin", "mora", "veth", "wick", "zona")
]
BENCH = Workbench(Catalog(), HashingEmbedder(), SentenceReader())


def mayor(town: str) -> str:
    return f"The mayor of {town} is {town.upper()} Smith."


def case(**changes: object) -> UseCase:
    values: dict[str, object] = {
        "description": "Answer questions about mayors.",
        "samples": [{"input": f"Who is the mayor of {t}?", "output": f"{t} Smith"} for t in TOWNS],
        "corpus": [{"id": t, "title": "", "text": f"It is old. {mayor(t)} It rains."} for t in TOWNS],
        "model": "openai:none",
        "constraints": {"data_may_leave": False},
        **changes,
    }
    return UseCase.model_validate(values)


@pytest.mark.parametrize(
    ("outputs", "word"),
    [
        (["yes", "no"] * 10, "labels"),
        ([f"{'a long answer of many words ' * 3}{t}" for t in TOWNS], "long"),
        ([f'{{"town": "{t}"}}' for t in TOWNS], "JSON"),
    ],
)
def test_says_why_it_cannot_apply(outputs: list[str], word: str) -> None:
    samples = [{"input": f"question {i}", "output": said} for i, said in enumerate(outputs)]
    assert word in (RagReader().why_not(situation_of(case(samples=samples))) or "")


def test_needs_a_corpus_but_no_model_that_may_see_the_data() -> None:
    assert "no corpus" in (RagReader().why_not(situation_of(case(corpus=None))) or "")
    assert RagReader().why_not(situation_of(case())) is None


def test_answers_with_words_of_the_passages_and_names_their_documents(tmp_path: Path) -> None:
    answers = answerer(case(), tmp_path).answer([f"Who is the mayor of {t}?" for t in TOWNS])
    assert [a.text for a in answers] == [mayor(t) for t in TOWNS]
    assert all(t == a.sources[0] and not a.prompt_tokens for a, t in zip(answers, TOWNS, strict=True))


def test_a_deployment_answers_what_was_measured(tmp_path: Path) -> None:
    asked = [*(f"Who is the mayor of {t}?" for t in TOWNS), "What?", ""]
    measured = answerer(case(), tmp_path / "measured").answer(asked)
    deploy(case(), "rag-reader", BENCH, tmp_path / "served")
    served = open_deployment(tmp_path / "served", BENCH).answer(asked)
    assert [(a.text, a.sources) for a in served] == [(a.text, a.sources) for a in measured]


class Rounding:
    """Reads like the other, but adds up in another order."""

    def read(self, question: str, passages: Sequence[Readable]) -> list[Pointed]:
        spans = SentenceReader().read(question, passages)
        return [replace(span, probability=span.probability * (1 + 1e-12)) for span in spans]


def test_how_sure_it_is_does_not_hang_on_rounding(tmp_path: Path) -> None:
    other = Workbench(Catalog(), HashingEmbedder(), Rounding())
    asked = [f"Who is the mayor of {t}?" for t in TOWNS]
    one, two = (answerer(case(), tmp_path / str(i), b).answer(asked) for i, b in enumerate((BENCH, other)))
    assert [a.confidence for a in one] == [a.confidence for a in two]


def answerer(use_case: UseCase, folder: Path, bench: Workbench = BENCH) -> Answerer:
    corpus = open_corpus(use_case.corpus, bench, folder / "corpus")
    training = Training(situation_of(use_case), use_case.samples, corpus, bench, folder, 0)
    return Answerer(RagReader().prepare(training), folder, bench, corpus)
