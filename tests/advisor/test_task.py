"""The kind of a task is read off its outputs."""

from __future__ import annotations

import pytest

from advisor.errors import UseCaseError
from advisor.folds import MOST_SAMPLES, locked_indices, measured_indices, split
from advisor.task import detect, solved, understand
from advisor.use_case import Sample, UseCase


def use_case(outputs: list[str], **details: object) -> UseCase:
    samples = [Sample(input=f"input {i}", output=o) for i, o in enumerate(outputs)]
    return UseCase.model_validate({"description": "Do it.", "samples": samples, **details})


@pytest.mark.parametrize(
    ("outputs", "kind"),
    [
        (["spam", "ham"] * 15, "labels"),
        ([f"T-{i % 7}" for i in range(40)], "labels"),
        ([f"Person {i}" for i in range(30)], "short"),
        ([f"A long reply that explains {i} things to the person who asked." for i in range(30)], "long"),
        (['{"a": "1"}', "{}"] * 15, "json"),
        (["1", "2", "3"] * 10, "labels"),
        ([str(i) for i in range(30)], "short"),
        (["Spam", "spam", "ham"] * 10, "labels"),
        ([f"第{i}个人说他们明天会带着所有的文件来办公室" for i in range(30)], "long"),
        ([f"第{i}个人" for i in range(30)], "short"),
    ],
)
def test_detects(outputs: list[str], kind: str) -> None:
    assert detect(outputs) == kind


def test_a_named_metric_decides() -> None:
    assert understand(use_case(["yes", "no"] * 10, metric="exact_match")).kind == "short"
    assert understand(use_case([f"{i}" for i in range(20)], metric="accuracy")).kind == "labels"


def test_given_labels_are_all_known() -> None:
    task = understand(use_case(["yes", "no"] * 10, labels=["yes", "no", "maybe"]))
    assert task.labels == ("maybe", "no", "yes")
    assert task.metric.name == "accuracy"


def test_given_labels_stay_labels_under_any_metric() -> None:
    task = understand(use_case(["yes", "no"] * 10, labels=["yes", "no"], metric="exact_match"))
    assert (task.kind, task.labels, task.metric.name) == ("labels", ("no", "yes"), "exact_match")


def test_a_label_has_one_spelling() -> None:
    case = use_case(["Spam", "spam", "HAM"] * 10, labels=["ham", "spam", "ham"])
    task = understand(case)
    assert task.labels == ("ham", "spam")
    assert {s.output for s in solved(case.samples, task)} == {"ham", "spam"}


def test_fields_are_only_compared_where_outputs_are_objects() -> None:
    with pytest.raises(UseCaseError, match="sample 2") as caught:
        understand(use_case(["{}", "no object"] * 10, metric="field_f1"))
    assert caught.value.field == "metric"


def test_a_number_that_json_cannot_hold_is_short_text() -> None:
    assert detect(['{"a": ' + "9" * 5_000 + "}"] * 30) != "json"


def test_folds_cover_every_sample_once_and_keep_copies_together() -> None:
    case = use_case([f"T-{i % 3}" for i in range(30)])
    copies = [Sample(input=f"Input {i % 12}!", output=f"T-{i % 3}") for i in range(36)]
    folds = split(copies, range(36), range(36), understand(case), seed=1)
    assert sorted(i for f in folds for i in f.test) == list(range(36))
    for fold in folds:
        assert not set(fold.train) & set(fold.test)
        assert not {copies[i].input for i in fold.train} & {copies[i].input for i in fold.test}


def test_folds_cope_with_labels_that_occur_once() -> None:
    case = use_case(["a"] * 10 + ["b"] * 9 + ["c"], metric="accuracy")
    assert len(split(case.samples, range(20), range(20), understand(case), seed=0)) == 5


def test_what_is_not_scored_is_learned_from_but_for_copies_of_the_test_fold() -> None:
    case = use_case([f"T-{i % 3}" for i in range(300)])
    samples = [Sample(input=f"Input {i % 250}!", output=f"T-{i % 3}") for i in range(300)]
    locked = locked_indices(samples)
    open_ones = [i for i in range(300) if i not in locked]
    measured = measured_indices(open_ones, "quick", seed=3)
    assert len(measured) == len(set(measured)) == MOST_SAMPLES["quick"] and list(measured) == sorted(measured)
    folds = split(samples, open_ones, measured, understand(case), seed=3)
    assert sorted(i for f in folds for i in f.test) == list(measured)
    for fold in folds:
        asked = {samples[i].input for i in fold.test}
        assert set(fold.train) == {i for i in open_ones if samples[i].input not in asked}


def test_what_is_locked_are_whole_cases_whatever_the_order_of_the_samples() -> None:
    samples = [Sample(input=f"Input {i % 250}!", output=f"T-{i % 3}") for i in range(300)]
    samples = [Sample(input=s.input, output=samples[i % 250].output) for i, s in enumerate(samples)]
    locked = {samples[i].input for i in locked_indices(samples)}
    assert len(locked_indices(samples)) == sum(s.input in locked for s in samples) == 64
    turned = samples[::-1]
    assert {turned[i].input for i in locked_indices(turned)} == locked
    assert locked_indices(samples[:199]) == ()
