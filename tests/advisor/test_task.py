"""The kind of a task is read off its outputs."""

from __future__ import annotations

import pytest

from advisor.folds import split
from advisor.task import detect, understand
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


def test_folds_cover_every_sample_once_and_keep_copies_together() -> None:
    case = use_case([f"T-{i % 3}" for i in range(30)])
    copies = [Sample(input=f"Input {i % 12}!", output=f"T-{i % 3}") for i in range(36)]
    folds = split(copies, understand(case), seed=1)
    assert sorted(i for f in folds for i in f.test) == list(range(36))
    for fold in folds:
        assert not set(fold.train) & set(fold.test)
        assert not {copies[i].input for i in fold.train} & {copies[i].input for i in fold.test}


def test_folds_cope_with_labels_that_occur_once() -> None:
    case = use_case(["a"] * 10 + ["b"] * 9 + ["c"], metric="accuracy")
    assert len(split(case.samples, understand(case), seed=0)) == 5
