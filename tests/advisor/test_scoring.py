"""Metrics against known values and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from advisor.baseline import constant
from advisor.scoring import fields_of, metric_named, object_in, rouge_l


def test_rouge_l_is_the_longest_common_subsequence() -> None:
    assert rouge_l("police kill the gunman", "police killed the gunman") == pytest.approx(0.75)


@pytest.mark.parametrize("text", ["Привет мир", "東京都", "नमस्ते", "Grüße", "???"])
def test_rouge_l_reads_every_script(text: str) -> None:
    assert rouge_l(text, text) == 1
    assert rouge_l("London", text) == 0


def test_rouge_l_counts_signs_where_no_spaces_are_written() -> None:
    assert rouge_l("東京", "東京都") == pytest.approx(0.8)


def test_field_f1_is_pooled() -> None:
    metric = metric_named("field_f1")
    outputs = ['{"a": "1", "b": "2"}', "no JSON", "{}"]
    references = ['{"a": "1", "c": "3"}', '{"a": "1"}', "{}"]
    assert metric.score(outputs, references) == pytest.approx(2 * 1 / (3 + 3))
    assert metric.per_sample(outputs, references).tolist() == [0.5, 0.0, 1.0]


def test_what_is_no_object_has_a_wrong_field_even_where_none_is_wanted() -> None:
    assert metric_named("field_f1").score(["no JSON"], ["{}"]) == 0


@given(st.text())
def test_any_text_can_be_read_as_fields(text: str) -> None:
    assert fields_of(text) is None or object_in(text) is not None


@pytest.mark.parametrize("text", ['{"a": ' + "9" * 5_000 + "}", "[" * 100_000, "[1]", "", '{"a": 1'])
def test_what_json_cannot_hold_is_no_object(text: str) -> None:
    assert object_in(text) is None


LABELS = ("a", "b", "c")


@given(
    st.lists(
        st.tuples(st.sampled_from([*LABELS, "strange"]), st.sampled_from(LABELS)), min_size=1, max_size=30
    )
)
def test_macro_f1_agrees_with_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    outputs, references = [p[0] for p in pairs], [p[1] for p in pairs]
    occurring = [x for x in LABELS if x in outputs or x in references]
    expected = f1_score(references, outputs, labels=occurring, average="macro", zero_division=0)
    assert metric_named("macro_f1", LABELS).score(outputs, references) == pytest.approx(expected)


@pytest.mark.parametrize("name", ["accuracy", "token_f1", "field_f1", "rouge_l"])
def test_a_perfect_answer_scores_one_under_any_weights(name: str) -> None:
    texts = ['{"a": "1"}', '{"b": "x"}', '{"c": "y z"}']
    metric = metric_named(name)
    weights = np.array([[2.0, 0.0, 1.0], [1.0, 1.0, 1.0]])
    assert metric.value(weights @ metric.columns(texts, texts)).tolist() == [1.0, 1.0]


def test_the_best_constant_answer_never_answers_the_sample_it_was_taken_from() -> None:
    references = ["a quiet room", "a quiet room with a view", "two dogs", "a quiet room with tea"]
    found = constant(references, range(4), metric_named("rouge_l"), decided=False)
    assert found.answer == "a quiet room with tea"
    assert found.columns[3, 0] < 1
    assert 0.3 < found.score < 0.7
    labels = constant(["yes", "no", "yes"], range(3), metric_named("accuracy"), decided=True)
    assert (labels.answer, labels.score) == ("yes", pytest.approx(2 / 3))
