"""Methods that only write another prompt: what they show, where they apply, and what a deployment says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.answering import Answerer
from advisor.deployment import deploy, open_deployment
from advisor.errors import Cancelled, UseCaseError
from advisor.estimate import estimate, situation_of
from advisor.events import never
from advisor.measure import open_corpus
from advisor.methods import BY_NAME, Training
from advisor.methods.prompt_search import WORDINGS, race_answers
from advisor.plan import Plan
from advisor.recommend import recommend
from advisor.use_case import UseCase
from advisor.workbench import Workbench
from generation.language_model import Request
from tests.advisor.test_recommend import facts, reads_passages, without_documents, workbench

STANDARD = {"preset": "standard"}


def prepared(
    name: str, case: UseCase, bench: Workbench, folder: Path, cancelled: Callable[[], bool] = never
) -> Answerer:
    corpus = open_corpus(case.corpus, bench, folder / "corpus")
    training = Training(situation_of(case), case.samples, corpus, bench, folder, 0, cancelled)
    return Answerer(BY_NAME[name].prepare(training), folder, bench, corpus)


def parity() -> UseCase:
    samples = [{"input": f"Number {i}", "output": "odd" if i % 2 else "even"} for i in range(60)]
    return UseCase.model_validate(
        {"description": "Odd or even?", "samples": samples, "model": "scripted", **STANDARD}
    )


def test_one_solved_sample_stands_in_every_prompt(tmp_path: Path) -> None:
    bench, model = workbench(reads_passages)
    prepared("one-shot", without_documents(), bench, tmp_path).answer(["Who?", "Where?"])
    shown = {request.messages[1:-1] for request in model.requests}
    assert len(shown) == 1
    [(asked, said)] = shown
    assert said.content in {s.output for s in facts().samples if s.input == asked.content}


def test_solved_samples_and_passages_stand_in_one_prompt(tmp_path: Path) -> None:
    bench, model = workbench(reads_passages)
    [answer] = prepared("rag-few-shot", facts(), bench, tmp_path).answer(["Who leads the office of Espua?"])
    assert answer.text == "Espuason" and "Espua" in answer.sources
    assert len(model.requests[-1].messages) == 1 + 2 * 4 + 1


def test_every_document_stands_in_a_long_prompt(tmp_path: Path) -> None:
    bench, model = workbench(reads_passages)
    [answer] = prepared("long-context", facts(), bench, tmp_path).answer(["Who leads what?"])
    assert set(answer.sources) == {d.id for d in facts().corpus or ()}
    assert all(d.text in model.requests[-1].messages[-1].content for d in facts().corpus or ())


def test_a_corpus_that_does_not_fit_is_no_fault_of_the_method(tmp_path: Path) -> None:
    bench, _ = workbench(reads_passages, context_window=200, name="openai:any")
    case = facts().model_copy(update=STANDARD | {"model": "openai:any"})
    found = recommend(case, bench, tmp_path / "measured")
    assert "does not fit" in found.not_run["long-context"] and "long-context" not in found.failed
    with pytest.raises(UseCaseError, match="long-context does not apply"):
        deploy(case, "long-context", bench, tmp_path / "served")


def test_what_fits_no_prompt_is_known_beforehand() -> None:
    big = [{"id": "one", "text": "word " * 6_000}]
    case = UseCase.model_validate(facts().model_dump() | {"corpus": big, **STANDARD})
    assert "6,000 words" in estimate(case).not_run["long-context"]
    assert "long-context" in estimate(case.model_copy(update={"preset": "thorough"})).methods


def needs_the_third_wording(request: Request) -> str:
    rules = request.messages[0].content
    right = "odd" if int(request.messages[-1].content.split()[-1]) % 2 else "even"
    return (
        right
        if rules.startswith(WORDINGS[2].format("Odd or even?").splitlines()[0])
        and (WORDINGS[2].splitlines()[1] in rules)
        else "odd"
    )


def test_the_wording_that_answers_best_is_found(tmp_path: Path) -> None:
    bench, model = workbench(needs_the_third_wording)
    plan = prepared("prompt-search", parity(), bench, tmp_path).plan
    assert WORDINGS[2].splitlines()[1] in plan.instruction
    assert len(model.requests) == race_answers("standard", 60) == 12 * 8 + 12 * 4 + 6 * 2


def test_no_prompt_of_the_race_shows_what_it_is_judged_on(tmp_path: Path) -> None:
    bench, model = workbench(lambda request: "odd")
    prepared("prompt-search", parity(), bench, tmp_path)
    asked = {request.messages[-1].content for request in model.requests}
    shown = {m.content for request in model.requests for m in request.messages[1:-1:2]}
    assert len(asked) == 30 and shown and not asked & shown


def test_a_race_stops_when_asked(tmp_path: Path) -> None:
    bench, model = workbench(lambda request: "odd")
    with pytest.raises(Cancelled):
        prepared("prompt-search", parity(), bench, tmp_path, lambda: len(model.requests) > 20)
    assert len(model.requests) < 50


@pytest.mark.parametrize("name", ["one-shot", "rag-few-shot", "long-context"])
def test_a_deployment_says_what_was_measured(name: str, tmp_path: Path) -> None:
    bench, _ = workbench(reads_passages)
    case, asked = facts().model_copy(update=STANDARD), ["Who leads the office of Fennik?", "What?"]
    measured = prepared(name, case, bench, tmp_path / "measured")
    assert deploy(case, name, bench, tmp_path / "served") == measured.plan
    served = open_deployment(tmp_path / "served", bench).answer(asked)
    assert [(a.text, a.sources) for a in served] == [(a.text, a.sources) for a in measured.answer(asked)]


def test_the_quick_preset_leaves_the_dear_ones_out() -> None:
    quick, standard = estimate(facts()), estimate(facts().model_copy(update=STANDARD))
    added = set(standard.methods) - set(quick.methods)
    assert added == {"one-shot", "rag-few-shot", "long-context", "lora", "rag-lora"}
    assert standard.seconds > quick.seconds
    assert "documents" in standard.not_run["prompt-search"]
    assert "fine-tuned" in standard.not_run["stacked-lora"]


def test_a_plan_says_whether_it_needs_documents() -> None:
    assert Plan(method="long-context", model="m", whole_corpus=True).needs_corpus
    assert not Plan(method="zero-shot", model="m").needs_corpus
