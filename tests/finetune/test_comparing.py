"""Models side by side: every answer scored, intervals that hold the truth, clear refusals."""

from __future__ import annotations

import numpy as np
import pytest

from finetune.comparing import compare, resampled
from finetune.data.rows import ChatRow, LabelRow, TextRow
from finetune.errors import DatasetError
from generation.language_model import Request
from generation.messages import Message
from generation.scripted_model import ScriptedModel

LABELS = [LabelRow(i + 1, f"text {i}", ("yes", "no")[i % 2]) for i in range(20)]


def right(request: Request) -> str:
    return ("yes", "no")[int(request.messages[-1].content.split()[-1]) % 2]


def test_each_answer_is_scored_and_held_against_the_first_model() -> None:
    found = compare([ScriptedModel("always", lambda _: "yes"), ScriptedModel("right", right)], LABELS)
    always, good = found.sides
    assert (found.metric, always.score.mean, good.score.mean) == ("exact_match", 0.5, 1.0)
    assert good.answers == found.wanted and always.gain is None
    assert good.score.low < 1 == good.score.high, "20 of 20 does not prove that it is always right"
    assert good.gain is not None and 0.25 < good.gain.low < 0.5 == good.gain.mean < good.gain.high
    assert found.different[:10] == [i for i in range(20) if LABELS[i].label == "no"]


def test_long_answers_are_scored_by_their_words() -> None:
    told = [
        ChatRow(i, (Message("user", f"q{i}"), Message("assistant", f"the red fox number {i} runs home")))
        for i in range(4)
    ]
    found = compare([ScriptedModel("a", lambda _: "the red fox"), ScriptedModel("b", lambda _: "")], told)
    assert found.metric == "token_f1" and 0 < found.sides[0].score.mean < 1
    assert found.sides[1].score.mean == 0


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (TextRow(21, "plain text"), "Line 21: there is no answer"),
        (LabelRow(22, "x", " "), "Line 22: there is no answer"),
        (LabelRow(23, "word " * 200, "yes"), "Line 23: it is too long for 'small'"),
    ],
)
def test_rows_that_cannot_be_compared_are_named(row: TextRow | LabelRow, why: str) -> None:
    with pytest.raises(DatasetError, match=why):
        compare([ScriptedModel("small", lambda _: "yes", context_window=100)], [*LABELS[:2], row])


def test_an_interval_holds_the_mean_about_as_often_as_it_says() -> None:
    dice = np.random.default_rng(0)
    hits = 0
    for seed in range(200):
        interval = resampled(dice.normal(0.3, 1.0, 40), seed)
        hits += interval.low <= 0.3 <= interval.high
    assert 0.88 <= hits / 200 <= 0.99
