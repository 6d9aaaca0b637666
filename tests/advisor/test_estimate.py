"""The estimate moves with what costs time."""

from __future__ import annotations

from advisor.estimate import estimate
from advisor.use_case import UseCase


def case(n: int = 200, words: int = 40, **changes: object) -> UseCase:
    samples = [{"input": f"{'word ' * words}{i}", "output": "yes" if i % 2 else "no"} for i in range(n)]
    return UseCase.model_validate(
        {"description": "Decide.", "samples": samples, "preset": "quick", **changes}
    )


def test_samples_beyond_those_scored_are_embedded_once() -> None:
    few, many = estimate(case(300)), estimate(case(2_000))
    assert few.samples == many.samples == 200
    embedded, confirmed = 1_700 * (40 + 2) * 2.0 / 8_000, 2 * (500 - 75)
    assert 0 < many.seconds - few.seconds - embedded < confirmed * 0.2


def test_from_two_hundred_samples_on_some_are_kept_to_confirm_the_choice() -> None:
    before, after = estimate(case(199)), estimate(case(200))
    assert (before.samples, after.samples) == (199, 200 - 64)
    assert after.calls < before.calls


def test_longer_samples_lengthen_every_demonstration() -> None:
    """The nearest eight are read anew with every input, which costs more than the inputs of all methods."""
    short, long = estimate(case(words=40)), estimate(case(words=400))
    inputs_alone = 3 * 220 * 360 * 2.0 / 5_000
    assert long.seconds - short.seconds > 4 * inputs_alone


def test_training_the_model_takes_longer_than_not() -> None:
    trainings = 5 * 108 * 3 * (40 + 2) * 2.0 / 2_000
    assert estimate(case(preset="standard")).seconds > estimate(case()).seconds + trainings


def test_learning_from_retrieved_passages_takes_as_long_as_they_are() -> None:
    """Three passages of 30 or 90 words each stand in every prompt that is learned."""
    short, long = (
        estimate(case(100, preset="standard", corpus=[{"id": "one", "text": "word " * words}]))
        for words in (30, 90)
    )
    learned_more = 5 * 80 * 3 * 3 * 60 * 2.0 / 2_000
    assert learned_more < long.seconds - short.seconds < 1.5 * learned_more
