"""The bootstrap against cases whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from advisor.confidence_set import may_be_best
from advisor.decision import decide, labels_needed
from advisor.label_advice import detectable, outlooks
from advisor.resampling import Evidence, Resampled, resample
from advisor.scoring import metric_named
from advisor.statistics import holm, standings, winner_score

METRIC = metric_named("accuracy")


def marks(values: np.ndarray) -> np.ndarray:
    return np.stack([values.astype(float), np.ones(len(values))], axis=1)


def drawn_from(columns: dict[str, np.ndarray], seed: int = 0, excluded: tuple[str, ...] = ()) -> Resampled:
    n = len(next(iter(columns.values())))
    return resample(Evidence(METRIC, columns, [str(i) for i in range(n)]), seed, excluded)


def test_a_method_that_always_wins_is_best_for_sure() -> None:
    found = standings(drawn_from({"bad": marks(np.zeros(40)), "good": marks(np.ones(40))}), margin=0.02)
    assert found["good"].p_best == 1
    assert found["bad"].deficit == 1
    assert found["bad"].deficit_interval[0] > 0.9


def test_what_all_samples_have_in_common_is_not_certain() -> None:
    width = {}
    for n in (20, 200):
        low, high = standings(drawn_from({"one": marks(np.ones(n))}), 0.02)["one"].interval
        width[n] = high - low
    # Jeffreys' interval for 20 of 20: scipy.stats.beta(20.5, 0.5).ppf([0.05, 0.95]) is 0.908 to 1.000.
    assert width[20] == pytest.approx(0.092, abs=0.02) and width[200] < 0.02
    same = marks(np.arange(20) < 15)
    found = standings(drawn_from({"one": same, "two": same}), 0.02)
    assert 0.7 < found["one"].p_within_margin < 0.9


def test_a_rare_label_that_was_never_found_might_be_found() -> None:
    references = ["ham"] * 17 + ["spam"] * 3
    metric = metric_named("macro_f1", ["ham", "spam"])
    always = metric.columns(["ham"] * 20, references)
    drawn = resample(Evidence(metric, {"a": always, "b": always}, list(range(20)), references), 0)
    found = standings(drawn, 0.02)["a"]
    assert found.interval[0] < 0.459 < 0.55 < found.interval[1]
    assert found.p_within_margin < 0.9


def test_right_and_wrong_answers_of_every_metric() -> None:
    """What the unknown case may add: columns of answers that are all right, and all wrong."""
    given = {
        "accuracy": (["a", "b"], ["a", "a"]),
        "field_f1": (['{"x": 1, "y": 2}'], ['{"x": 1, "z": 3}']),
        "macro_f1": (["a", "c", "b"], ["a", "b", "a"]),
    }
    for name, (outputs, references) in given.items():
        metric = metric_named(name, ["a", "b", "c"])
        right, wrong = metric.extremes(metric.columns(outputs, references).sum(axis=0))
        assert right.tolist() == metric.columns(references, references).sum(axis=0).tolist()
        assert (float(metric.value(right)), float(metric.value(wrong))) == (1.0, 0.0)


def test_equal_methods_share_the_lead() -> None:
    same = marks(np.arange(40) % 2)
    found = standings(drawn_from({"one": same, "two": same}), margin=0.0)
    assert found["one"].p_best == pytest.approx(0.5, abs=0.02) == found["two"].p_best


def test_an_excluded_method_cannot_lead() -> None:
    drawn = drawn_from({"good": marks(np.ones(40)), "bad": marks(np.zeros(40))}, excluded=("good",))
    found = standings(drawn, margin=0.02)
    assert found["bad"].p_best == 1
    assert found["good"].deficit == -1


def test_one_sample_is_no_clear_lead() -> None:
    weaker, better = np.arange(20) < 14, np.arange(20) < 15
    drawn = drawn_from({"zero-shot": marks(weaker), "lora": marks(better)})
    assert decide(standings(drawn, 0.02), {}, 0.02).verdict == "undecided_label_more"


@pytest.mark.parametrize(("wins", "losses"), [(1, 0), (3, 0), (6, 1), (9, 4)])
def test_chance_is_the_exact_test_of_the_samples_on_which_two_methods_differ(wins: int, losses: int) -> None:
    both = 30 - wins - losses
    leader = np.array([1] * both + [1] * wins + [0] * losses)
    other = np.array([1] * both + [0] * wins + [1] * losses)
    found = standings(drawn_from({"other": marks(other), "leader": marks(leader)}), 0.02)["other"]
    exact = binomtest(wins, wins + losses, alternative="greater").pvalue
    assert found.p_chance == pytest.approx(exact, abs=0.03)


def test_copies_of_an_input_are_one_case() -> None:
    right = np.random.default_rng(1).random(40) < 0.6
    groups = [str(i) for i in range(40) for _ in range(5)]
    copied = resample(Evidence(METRIC, {"one": marks(np.repeat(right, 5))}, groups), 0)
    single = drawn_from({"one": marks(right)})
    low, high = standings(copied, 0.02)["one"].interval
    assert (low, high) == pytest.approx(standings(single, 0.02)["one"].interval, abs=0.02)


def test_a_very_long_input_makes_no_table_of_its_width() -> None:
    groups = ["x" * 10_000_000, *map(str, range(299))]
    found = resample(Evidence(METRIC, {"one": marks(np.ones(300))}, groups), 0)
    assert found.observed.tolist() == [1.0]


def test_macro_f1_of_resamples_lies_around_the_observed_one() -> None:
    """A label that a resample lacks would leave out its F1 of zero."""
    references = ["ham"] * 197 + ["spam"] * 3
    metric = metric_named("macro_f1", ["ham", "spam"])
    columns = {"always ham": metric.columns(["ham"] * 200, references)}
    groups = [str(i) for i in range(200)]
    drawn = resample(Evidence(metric, columns, groups, references), 0)
    assert drawn.observed[0] == pytest.approx(0.4962, abs=1e-4)
    assert np.median(drawn.scores[0]) == pytest.approx(drawn.observed[0], abs=0.002)
    score = winner_score(drawn, 0.02, "always ham")
    assert score is not None and score[0] == pytest.approx(drawn.observed[0], abs=0.005)


def test_no_winner_score_where_a_label_can_never_be_left_out() -> None:
    references = ["ham"] * 39 + ["spam"]
    metric = metric_named("macro_f1", ["ham", "spam"])
    columns = {"always ham": metric.columns(["ham"] * 40, references)}
    drawn = resample(Evidence(metric, columns, list(map(str, range(40))), references), 0)
    assert winner_score(drawn, 0, "always ham") is None


def test_a_constant_answer_is_beaten_or_not() -> None:
    yes = np.arange(40) < 36
    columns = {"always": marks(yes), "better": marks(np.arange(40) < 40)}
    groups = [str(i) for i in range(40)]
    found = standings(resample(Evidence(METRIC, columns, groups, constant=marks(yes)), 0), 0.02)
    assert found["always"].p_above_constant == pytest.approx(0.5, abs=0.05)
    assert found["better"].p_above_constant > 0.95


def test_the_needed_labels_settle_the_verdict() -> None:
    """Where the new samples are like the old, the verdict is decided at that many and not much earlier."""
    b = np.array([1] * 60 + [0] * 40)
    a = np.array([1] * 48 + [0] * 12 + [1] * 8 + [0] * 32)
    needed = labels_needed(drawn_from({"a": marks(a), "b": marks(b)}), 0.02, {}, 100)
    assert needed is not None and 300 < needed < 450
    more = {
        times: drawn_from({"a": marks(np.tile(a, times)), "b": marks(np.tile(b, times))})
        for times in (1, 3, 5)
    }
    verdicts = {times: decide(standings(drawn, 0.02), {}, 0.02).verdict for times, drawn in more.items()}
    assert verdicts == {1: "undecided_label_more", 3: "undecided_label_more", 5: "clear"}


def test_a_decided_verdict_needs_no_more_labels() -> None:
    columns = {"a": marks(np.zeros(40)), "b": marks(np.ones(40))}
    assert labels_needed(drawn_from(columns), 0.02, {}, 40) is None


def test_a_gap_as_large_as_the_margin_never_settles() -> None:
    rng = np.random.default_rng(0).permutation(100)
    columns = {"a": marks(rng >= 42), "b": marks((rng >= 30) & (rng < 90))}
    assert labels_needed(drawn_from(columns), 0.02, {}, 100) is None


def test_several_p_values_are_adjusted_like_statsmodels_does() -> None:
    """From statsmodels.stats.multitest.multipletests(..., method="holm"), version 0.15.0."""
    assert holm([0.01, 0.04, 0.03, 0.005, 0.6]) == pytest.approx([0.04, 0.09, 0.09, 0.025, 0.6])


def test_the_confidence_set_is_that_of_arch() -> None:
    """Against arch 8.0.0: MCS(1 - right.T, size=0.1, reps=20_000, block_size=1, method="R")."""
    rng = np.random.default_rng(5)
    luck = rng.random(120)
    right = [np.where(rng.random(120) < 0.6, luck, rng.random(120)) < t for t in (0.55, 0.68, 0.72, 0.74)]
    found = may_be_best(drawn_from({str(m): marks(row) for m, row in enumerate(right)}))
    assert found == pytest.approx({"0": 0.070, "1": 0.575, "2": 0.575, "3": 1.0}, abs=0.05)


def test_the_confidence_set_keeps_what_answers_alike() -> None:
    same, bad = np.arange(60) % 3 > 0, np.zeros(60)
    found = may_be_best(drawn_from({"one": marks(same), "bad": marks(bad), "two": marks(same)}))
    assert found["bad"] < 0.01 and min(found["one"], found["two"]) > 0.9


def test_the_smallest_lead_that_so_many_samples_show() -> None:
    """By the normal approximation of the rule: ruled out four times in five."""
    one = np.arange(200) % 10 < 7
    swapped = np.where(np.arange(200) % 10 == 0, False, one)
    drawn = drawn_from({"a": marks(swapped), "b": marks(one)})
    differ = float(np.mean(swapped != one))
    error = np.sqrt((differ - (one.mean() - swapped.mean()) ** 2) / 200)
    expected = max(0.02 + 0.8416 * error, 1.6449 * error) + 0.8416 * error
    assert detectable(drawn, 0.02, "b") == pytest.approx(expected, rel=0.05)


def test_more_labels_are_worth_less_and_less() -> None:
    rng = np.random.default_rng(3)
    drawn = drawn_from({"a": marks(rng.random(60) < 0.6), "b": marks(rng.random(60) < 0.65)})
    found = outlooks(drawn, 0.02, 60)
    assert [o.samples for o in found] == [90, 120, 180, 300]
    losses = [o.expected_loss for o in found]
    assert losses == sorted(losses, reverse=True)
    chosen = decide(standings(drawn, 0.02), {}, 0.02).recommended
    assert chosen is not None and losses[0] < standings(drawn, 0.02)[chosen].expected_loss
