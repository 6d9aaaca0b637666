"""The whole journey with the shipped fakes: a scripted model and the hashing embedder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from advisor.deployment import deploy, open_deployment
from advisor.errors import AdvisorError, Cancelled, UseCaseError
from advisor.estimate import estimate
from advisor.events import Event
from advisor.recommend import recommend
from advisor.replay import replay
from advisor.use_case import UseCase
from advisor.workbench import Workbench
from generation.catalog import Catalog, ModelCard
from generation.errors import GenerationError, ModelUnavailableError, UnknownModelError
from generation.language_model import LanguageModel, Request
from generation.scripted_model import Script, ScriptedModel
from retrieval.embedder import Vectors
from retrieval.hashing_embedder import HashingEmbedder


class OneModel:
    """A source with one scripted model."""

    def __init__(self, model: ScriptedModel) -> None:
        self.model = model

    def cards(self) -> Sequence[ModelCard]:
        return [ModelCard(self.model.name, 0, "test")]

    def open(self, name: str) -> LanguageModel:
        if name != self.model.name:
            raise UnknownModelError(f"there is no {name!r}")
        return self.model


def workbench(
    script: Script, context_window: int = 4096, name: str = "scripted"
) -> tuple[Workbench, ScriptedModel]:
    model = ScriptedModel(name, script, context_window=context_window)
    catalog = Catalog()
    catalog.add_source(OneModel(model))
    return Workbench(catalog, HashingEmbedder()), model


CITIES = [a + b for a in ("Arl", "Bord", "Celm", "Drav", "Esp", "Fenn") for b in ("en", "ograd", "ik", "ua")]


def facts() -> UseCase:
    """Questions whose answers stand in the corpus and nowhere else."""
    return UseCase.model_validate(
        {
            "description": "Answer questions about offices.",
            "samples": [{"input": f"Who leads the office of {c}?", "output": f"{c}son"} for c in CITIES],
            "corpus": [{"id": c, "title": c, "text": f"The office of {c} is led by {c}son."} for c in CITIES],
            "model": "scripted",
            "preset": "quick",
        }
    )


def without_documents() -> UseCase:
    """The same questions where only a language model could know."""
    return facts().model_copy(update={"corpus": None})


def reads_passages(request: Request) -> str:
    """Answers from the first passage, and has no idea without one."""
    text = request.messages[-1].content
    return text.split("led by ")[1].split(".")[0] if "led by " in text else "nobody"


def test_recommends_retrieval_where_the_answers_stand_in_documents(tmp_path: Path) -> None:
    bench, _ = workbench(reads_passages)
    found = recommend(facts(), bench, tmp_path)
    assert found.recommended == "rag"
    assert found.verdict == "clear"
    scores = {row.method: row.score for row in found.rows}
    assert scores["rag"] > 0.9 > 0.1 > scores["zero-shot"]
    assert "quick preset" in found.not_run["lora"]
    assert "labels" in found.not_run["feature-head"]


def test_tells_what_was_missed_from_what_was_shown_and_misread(tmp_path: Path) -> None:
    """The model is blind to every third office; one office's leader stands in no document."""
    case, blind = facts(), set(CITIES[::3])

    def reads_some(request: Request) -> str:
        asked = request.messages[-1].content
        return "nobody" if any(f"office of {c}?" in asked for c in blind) else reads_passages(request)

    documents = tuple(
        d if d.id != CITIES[1] else d.model_copy(update={"text": "Moved."}) for d in case.corpus or ()
    )
    bench, _ = workbench(reads_some)
    found = recommend(case.model_copy(update={"corpus": documents}), bench, tmp_path)
    [told] = [one for one in found.retrievals if one.method == "rag"]
    assert (told.shown_wrong, told.missed_right) == (len(blind), 0)
    assert (told.shown_right, told.missed_wrong) == (len(CITIES) - len(blind) - 1, 1)
    assert f"| rag | {told.shown_right} | {len(blind)} | 0 | 1 |" in (tmp_path / "report.md").read_text()
    assert "Found, or missed" in (tmp_path / "report.html").read_text()


def test_writes_reports_that_agree(tmp_path: Path) -> None:
    bench, _ = workbench(reads_passages)
    found = recommend(facts(), bench, tmp_path)
    kept = json.loads((tmp_path / "report.json").read_text())
    assert kept["sentence"] == found.sentence
    page = (tmp_path / "report.html").read_text()
    assert found.sentence in page
    assert "http" not in page.replace("http://www.w3.org", "").replace("http://localhost", "")
    tensor = pq.read_table(tmp_path / "tensor.parquet")
    measured = [row for row in found.rows if row.family != "cascade"]
    assert tensor.num_rows == len(measured) * found.samples
    assert replay(tmp_path / "replay.zip") == (found, [])


def test_texts_from_samples_cannot_become_markup(tmp_path: Path) -> None:
    bench, _ = workbench(lambda request: "<script>alert(1)</script>")
    recommend(facts(), bench, tmp_path)
    assert "<script>" not in (tmp_path / "report.html").read_text()


def test_a_second_run_on_the_folder_asks_nothing_again(tmp_path: Path) -> None:
    bench, model = workbench(reads_passages)
    first = recommend(facts(), bench, tmp_path)
    asked = len(model.requests)
    assert recommend(facts(), bench, tmp_path) == first
    assert len(model.requests) == asked


def test_cancelling_keeps_what_was_measured(tmp_path: Path) -> None:
    bench, model = workbench(reads_passages)
    seen: list[Event] = []

    def late() -> bool:
        return any(e.kind == "trial" and e.method == "few-shot" for e in seen)

    found = recommend(facts(), bench, tmp_path, on_event=seen.append, cancelled=late)
    assert found.status == "partial"
    assert [row.method for row in found.rows] == ["zero-shot"]
    asked = len(model.requests)
    whole = recommend(facts(), bench, tmp_path)
    assert whole.status == "complete"
    assert not any(
        len(r.messages) == 2 and "[1]" not in r.messages[-1].content for r in model.requests[asked:]
    )


def test_cancelled_before_anything_was_measured(tmp_path: Path) -> None:
    bench, model = workbench(reads_passages)
    with pytest.raises(Cancelled):
        recommend(facts(), bench, tmp_path, cancelled=lambda: True)
    assert not model.requests


def test_nothing_of_the_test_fold_is_shown(tmp_path: Path) -> None:
    """No prompt holds the wanted output of its own sample as a demonstration."""
    bench, model = workbench(reads_passages)
    recommend(facts(), bench, tmp_path)
    wanted = {s.input: s.output for s in facts().samples}
    for request in model.requests:
        *shown, last = request.messages
        if last.content in wanted:
            assert wanted[last.content] not in [m.content for m in shown]


def test_labels_are_learned_by_the_head_alone(tmp_path: Path) -> None:
    queues = {"invoice": "Q-1", "cable": "Q-2"}
    samples = [{"input": f"{w} number {i}", "output": t} for i in range(15) for w, t in queues.items()]
    case = facts().model_dump() | {"samples": samples, "corpus": None}
    bench, _ = workbench(lambda request: "Q-1")
    found = recommend(UseCase.model_validate(case), bench, tmp_path)
    assert found.recommended == "feature-head"
    assert found.metric == "accuracy"


def test_what_is_learned_from_is_embedded_once(tmp_path: Path) -> None:
    class Counting(HashingEmbedder):
        texts = 0

        def embed(self, texts: Sequence[str]) -> Vectors:
            self.texts += len(texts)
            return super().embed(texts)

    samples = [{"input": f"case number {i}", "output": "yes" if i % 2 else "no"} for i in range(40)]
    case = facts().model_dump() | {"samples": samples, "corpus": None}
    bench, _ = workbench(lambda request: "yes")
    counting = Counting()
    recommend(UseCase.model_validate(case), replace(bench, embedder=counting), tmp_path)
    learned, asked_by_each = 40, 40 + 5 * 5
    assert counting.texts == learned + 2 * asked_by_each


def test_a_constraint_excludes_with_its_reason(tmp_path: Path) -> None:
    strict = facts().constraints.model_copy(update={"quality_floor": 1.0})
    case = facts().model_copy(update={"constraints": strict})
    bench, _ = workbench(lambda request: "nobody")
    found = recommend(case, bench, tmp_path)
    assert found.verdict == "none_meets_bar"
    assert found.recommended is None
    assert "quality floor" in found.sentence


def test_another_use_case_may_not_share_the_folder(tmp_path: Path) -> None:
    bench, _ = workbench(reads_passages)
    recommend(facts(), bench, tmp_path)
    with pytest.raises(UseCaseError, match="another use case or model"):
        recommend(facts().model_copy(update={"seed": 1}), bench, tmp_path)


def test_an_unknown_model_is_refused_before_anything_runs(tmp_path: Path) -> None:
    bench, model = workbench(reads_passages)
    with pytest.raises(UseCaseError) as caught:
        recommend(facts().model_copy(update={"model": "nobody"}), bench, tmp_path)
    assert caught.value.field == "model"
    assert not model.requests


def test_a_method_that_fails_is_left_out_with_its_reason(tmp_path: Path) -> None:
    case = facts().model_copy(update={"preset": "standard"})
    bench, _ = workbench(reads_passages)
    found = recommend(case, bench, tmp_path)
    assert found.recommended == "rag"
    assert "no local base" in found.not_run["lora"]
    assert (found.verdict, found.confidence) == ("undecided_label_more", "low")


def test_a_model_that_is_lost_ends_the_run_and_the_next_run_goes_on(tmp_path: Path) -> None:
    lost = True

    def answers(request: Request) -> str:
        if lost and "led by" in request.messages[-1].content:
            raise ModelUnavailableError("allows no more requests now")
        return reads_passages(request)

    bench, model = workbench(answers)
    with pytest.raises(ModelUnavailableError):
        recommend(facts(), bench, tmp_path)
    asked, lost = len(model.requests), False
    assert recommend(facts(), bench, tmp_path).recommended == "rag"
    assert not any("led by" not in r.messages[-1].content for r in model.requests[asked:])


def test_an_input_that_does_not_fit_is_a_wrong_answer_and_nothing_more(tmp_path: Path) -> None:
    data = facts().model_dump()
    data["samples"][0]["input"] = "word " * 1_000
    bench, _ = workbench(reads_passages, context_window=400)
    found = recommend(UseCase.model_validate(data), bench, tmp_path)
    prompted = dict.fromkeys(("zero-shot", "few-shot", "knn-few-shot", "rag"), 1)
    assert {row.method: row.too_long for row in found.rows} == {**prompted, "rag-reader": 0}
    assert found.cases[0].outputs["rag"] == "" and found.cases[0].scores["rag"] == 0
    assert found.recommended == "rag"
    assert "too long for the model" in (tmp_path / "report.html").read_text()


def test_where_no_input_fits_the_methods_fail(tmp_path: Path) -> None:
    bench, _ = workbench(reads_passages, context_window=5)
    with pytest.raises(AdvisorError, match="not one input fits"):
        recommend(without_documents(), bench, tmp_path)


def test_where_every_method_fails_the_reasons_are_told(tmp_path: Path) -> None:
    def broken(request: Request) -> str:
        raise GenerationError("the template cannot say this")

    bench, _ = workbench(broken)
    with pytest.raises(AdvisorError, match="few-shot: the template cannot say this") as caught:
        recommend(without_documents(), bench, tmp_path)
    assert not isinstance(caught.value, Cancelled)


def test_what_always_says_the_commonest_label_is_not_recommended(tmp_path: Path) -> None:
    samples = [{"input": f"case number {i}", "output": "no" if i % 10 == 0 else "yes"} for i in range(40)]
    bench, _ = workbench(lambda request: "yes")
    case = facts().model_dump() | {"samples": samples, "corpus": None, "labels": ["yes", "no"]}
    found = recommend(UseCase.model_validate(case), bench, tmp_path)
    assert (found.verdict, found.recommended) == ("none_meets_bar", None)
    assert (found.constant_answer, found.constant_score) == ("yes", 0.9)
    assert "always answering 'yes' (90.0 %)" in found.sentence
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "Without reading the input, always answering <b>yes</b>" in page


def test_long_text_that_is_worse_than_a_constant_one_is_not_recommended(tmp_path: Path) -> None:
    text = "{} is a small restaurant by the river that serves good food at a fair price every day"
    samples = [{"input": f"name: {c}", "output": text.format(c)} for c in CITIES]
    bench, _ = workbench(lambda request: "by the river that is all")
    case = facts().model_dump() | {"samples": samples, "corpus": None}
    found = recommend(UseCase.model_validate(case), bench, tmp_path)
    assert found.kind == "long" and max(row.score for row in found.rows) > 0.2
    assert (found.verdict, found.recommended, found.confidence) == ("none_meets_bar", None, None)
    assert found.constant_score > 0.9


def test_what_is_odd_about_the_samples_is_told(tmp_path: Path) -> None:
    data = facts().model_dump()
    data["samples"] = [*data["samples"], {"input": data["samples"][3]["input"], "output": "nobody"}]
    bench, _ = workbench(reads_passages)
    found = recommend(UseCase.model_validate(data), bench, tmp_path)
    assert [(f.code, f.samples) for f in found.audit] == [("copies", (4, 25)), ("several_answers", (4, 25))]
    assert "Samples 4 and 25" in (tmp_path / "report.html").read_text()


def test_another_margin_repeats_no_trial(tmp_path: Path) -> None:
    bench, model = workbench(reads_passages)
    recommend(facts(), bench, tmp_path)
    asked = len(model.requests)
    found = recommend(facts().model_copy(update={"margin": 0.1, "name": "again"}), bench, tmp_path)
    assert (found.margin, len(model.requests)) == (0.1, asked)


def test_inputs_that_are_mostly_copies_are_measured(tmp_path: Path) -> None:
    data = facts().model_dump()
    data["samples"] = [*data["samples"][:12], *[data["samples"][20]] * 60]
    bench, _ = workbench(reads_passages)
    found = recommend(UseCase.model_validate(data), bench, tmp_path)
    assert found.samples == 72
    assert all(row.p95_seconds > 0 for row in found.rows)


def test_a_deployment_answers_like_the_measured_method(tmp_path: Path) -> None:
    bench, _ = workbench(reads_passages)
    deploy(facts(), "rag", bench, tmp_path / "served")
    [answer] = open_deployment(tmp_path / "served", bench).answer(["Please, who leads the office of Fennik?"])
    assert answer.text == "Fennikson"
    assert answer.sources[0] == "Fennik"


def test_deploying_what_does_not_apply_leaves_nothing(tmp_path: Path) -> None:
    bench, _ = workbench(reads_passages)
    with pytest.raises(UseCaseError, match="labels"):
        deploy(facts(), "feature-head", bench, tmp_path / "served")
    with pytest.raises(UseCaseError, match="none of"):
        deploy(facts(), "../etc", bench, tmp_path / "served")
    assert list(tmp_path.iterdir()) == []


def test_the_estimate_names_what_will_run() -> None:
    found = estimate(facts())
    assert found.methods == ("zero-shot", "few-shot", "knn-few-shot", "rag-reader", "rag")
    assert found.trials == 5 * 5
    assert found.calls == 4 * (24 + 5 * 5)
    assert found.money is not None and found.money > 0


def test_a_use_case_that_no_method_fits_is_refused() -> None:
    closed = facts().constraints.model_copy(update={"data_may_leave": False})
    case = facts().model_copy(update={"model": "openai:any", "constraints": closed, "corpus": None})
    with pytest.raises(UseCaseError, match="no method can be measured"):
        estimate(case)
