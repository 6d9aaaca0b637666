"""What is told of the samples before anything is scored, and what of their labels afterwards."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from advisor.audit import Finding, audit
from advisor.copies import groups_of
from advisor.scoring import metric_named
from advisor.suspects import suspected
from advisor.task import Kind, Task
from advisor.use_case import Sample, SourceDocument

LONG = (
    "The conference room on the fourth floor has been without heating since last Thursday evening, and the "
    "people who sit beside the window have started to bring blankets to their weekly meetings"
)


def samples(*pairs: tuple[str, str]) -> list[Sample]:
    return [Sample(input=one, output=other) for one, other in pairs]


def found(
    given: Sequence[Sample],
    kind: Kind = "short",
    corpus: Sequence[SourceDocument] = (),
    metric: str = "exact_match",
) -> list[Finding]:
    labels = tuple(sorted({s.output for s in given})) if kind == "labels" else ()
    return list(audit(given, corpus, Task(kind, "", labels, metric_named(metric, labels))))


def other_questions(count: int = 30) -> list[tuple[str, str]]:
    return [(f"what is {word} times {number}", f"{number}") for number in range(count) for word in ["pear"]]


def test_nothing_is_odd_about_different_questions() -> None:
    assert found(samples(*other_questions())) == []


def test_copies_and_their_different_answers() -> None:
    given = samples(
        *other_questions(), ("Is it open?", "yes"), ("is it  OPEN", "no"), ("Where is it?", "here")
    )
    copies, torn = found(given)
    assert (copies.code, copies.samples) == ("copies", (31, 32))
    assert (torn.code, torn.samples) == ("several_answers", (31, 32))
    assert "'yes' and 'no'" in torn.message
    assert [f.code for f in found(given, "labels")][:2] == ["copies", "conflicting_labels"]


def test_near_copies_with_one_answer_are_one_case_and_with_two_are_two() -> None:
    near = LONG.replace("Thursday", "Tuesday")
    same = samples(*other_questions(), (LONG, "heating"), (near, "Heating."))
    assert groups_of(same)[-1] == groups_of(same)[-2]
    assert [(f.code, f.samples) for f in found(same)] == [("near_copies", (31, 32))]
    different = samples(*other_questions(), (LONG, "Thursday"), (near, "Tuesday"))
    assert groups_of(different)[-1] != groups_of(different)[-2]
    assert found(different) == []


def test_a_form_that_is_filled_in_is_no_copy() -> None:
    form = samples(*((f"{LONG} in house {i}", "heating") for i in range(20)), *other_questions())
    assert len(set(groups_of(form))) == len(form)


def test_a_question_beside_its_answer_in_the_corpus() -> None:
    given = samples(*other_questions(), ("When does the office in Bern open?", "at nine"))
    beside = SourceDocument(id="faq", text="Q: When does the office in Bern open? A: On weekdays AT nine.")
    [leak] = found(given, corpus=[SourceDocument(id="x", text="nothing"), beside])
    assert (leak.code, leak.samples) == ("answers_in_corpus", (31,))
    assert "'faq'" in leak.message
    alone = SourceDocument(id="faq", text="When does the office in Bern open? Ask the porter.")
    fact = SourceDocument(id="fact", text="The office in Bern opens at nine.")
    assert found(given, corpus=[alone, fact]) == []


def test_lopsided_and_rare_labels() -> None:
    given = samples(
        *((f"{question} now", "no") for question, _ in other_questions(46)), ("is it spam", "yes")
    )
    lopsided, rare = found(given, "labels")
    assert (lopsided.code, rare.code) == ("lopsided_labels", "rare_labels")
    assert "98 % of the samples are 'no': accuracy" in lopsided.message and rare.samples == (47,)
    told, _ = found(given, "labels", metric="macro_f1")
    assert told.message.endswith("macro F1 hangs on the few others: label more of them.")
    [alone] = found(given[:-1], "labels")
    assert alone.message == "All samples are 'no': nothing is known of other answers; label some."


FAMILIES = {"few-shot": "prompting", "knn": "prompting", "head": "fine-tuning", "bad": "retrieval"}


def test_an_answer_that_good_methods_of_two_families_contradict_is_suspected() -> None:
    references = ["a", "b", "a", "b"]
    said = {"few-shot": ["a", "b", "b", "b"], "knn": ["a", "b", "B", "b"], "head": ["a", "a", "b", "b"]}
    scores = dict.fromkeys(said, 0.75)
    [odd] = suspected(references, said, scores, FAMILIES, [4, 5, 6, 7])
    assert (odd.code, odd.samples) == ("suspected_labels", (6,))
    bad = {**said, "bad": ["c"] * 4}
    assert suspected(references, bad, {**scores, "bad": 0.0}, FAMILIES, [4, 5, 6, 7]) == (odd,)
    assert suspected(references, said, {**scores, "head": 0.2}, FAMILIES, [4, 5, 6, 7]) == ()


@pytest.mark.parametrize("labels", [2, 6])
def test_most_suspected_labels_are_wrong_ones(labels: int) -> None:
    """5 % of 400 labels are wrong; three methods are right in 85 %, with a fifth of their luck in common."""
    rng = np.random.default_rng(labels)
    truth = rng.integers(labels, size=400)
    given = np.where(np.arange(400) < 20, (truth + 1) % labels, truth)
    luck = rng.random(400)
    said = {}
    for name in ("few-shot", "knn", "head"):
        mine = np.where(rng.random(400) < 0.2, luck, rng.random(400))
        said[name] = [str(x) for x in np.where(mine < 0.85, truth, rng.integers(labels, size=400))]
    scores = {
        name: float(np.mean([int(x) == g for x, g in zip(given_said, given, strict=True)]))
        for name, given_said in said.items()
    }
    [odd] = suspected([str(g) for g in given], said, scores, FAMILIES, range(400))
    planted = [i for i in odd.samples if i < 20]
    assert len(planted) >= 8
    assert len(planted) / len(odd.samples) >= 0.6
