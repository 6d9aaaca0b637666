"""The SQuAD measures against known values."""

from __future__ import annotations

import pytest

from generation.agreement import exact_match, token_f1


@pytest.mark.parametrize(
    ("output", "reference", "score"),
    [
        ("the Eiffel Tower", "Eiffel tower.", 1.0),
        ("in Paris", "Paris", 2 / 3),
        ("London", "Paris", 0.0),
        ("", "Paris", 0.0),
        ("to be or not to be", "to be", 0.5),
        ("", "A", 0.0),
        ("??", "A", 0.0),
        ("the", "The", 1.0),
        ("+", "-", 0.0),
        ("15", "1.5", 0.0),
        ("5", ".5", 0.0),
        ("5", "-5", 0.0),
        ("\u22125", "-5", 1.0),
        ("10", "1/0", 0.0),
        ("10:30", "1030", 0.0),
        ("In 2019.", "in 2019", 1.0),
        ("COVID-19", "covid19", 1.0),
        ("東京の人", "東京", 2 / 3),
        ("東京。", "東京", 1.0),
    ],
)
def test_token_f1(output: str, reference: str, score: float) -> None:
    assert token_f1(output, reference) == pytest.approx(score)


def test_exact_match_ignores_case_articles_and_punctuation() -> None:
    assert exact_match("The  answer!", "answer") == 1
    assert exact_match("answers", "answer") == 0
