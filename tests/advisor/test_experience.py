"""What other tasks make likely, and what is believed after measuring."""

from __future__ import annotations

import numpy as np
import pytest

from advisor.decision import decide, labels_needed
from advisor.experience import Experience, Past, Spread, experience
from advisor.label_advice import outlooks
from advisor.methods import BY_NAME
from advisor.prior import Prior, angle, score
from advisor.resampling import Draws, Evidence, draw
from advisor.scoring import Floats, metric_named
from advisor.statistics import simplest, standings, winner_score

METHODS = ("few-shot", "feature-head", "encoder-lora")
TIMES = 4_000


def past(number: int, scores: Floats, model: str = "pocket") -> Past:
    told = {name: float(s) for name, s in zip(METHODS, scores, strict=True)}
    return Past(task=f"t{number}", kind="labels", scores={20: told, 100: told})


def around(angles: Floats, error: float, rng: np.random.Generator) -> Floats:
    """Scores on resamples whose angles have that standard error."""
    return score(angles[:, None] + error * rng.standard_normal((len(angles), TIMES)))


def test_belief_is_the_posterior_of_normal_angles() -> None:
    """Of two methods, in closed form: mean and covariance of a normal given a normal."""
    rng = np.random.default_rng(0)
    prior = Prior(
        mean=np.array([0.6, 0.9]),
        covariance=np.array([[0.03, 0.01], [0.01, 0.02]]),
        gained=np.array([0.0, 0.05]),
        unsteady=np.array([0.0, 0.01]),
    )
    told, error = np.array([0.8, 0.7]), 0.1
    weight = prior.covariance @ np.linalg.inv(prior.covariance + np.diag([error**2, error**2 + 0.01]))
    mean = prior.mean + weight @ (told + prior.gained - prior.mean)
    believed = angle(prior.believe(around(told, error, rng), rng))
    assert believed.mean(axis=1) == pytest.approx(mean, abs=0.008)
    assert np.cov(believed) == pytest.approx(prior.covariance - weight @ prior.covariance, abs=0.0012)


def test_of_equal_scores_the_one_counts_more_that_did_better_elsewhere_and_least_with_many_samples() -> None:
    elsewhere = np.array([0.3, 0.7, 0.7])
    told = Experience(model="pocket", tasks=[past(i, elsewhere) for i in range(4)])
    leads = []
    for samples in (20, 2_000):
        rng, error = np.random.default_rng(1), 0.5 / np.sqrt(samples)
        prior = told.prior(METHODS, "labels", samples, [""] * samples, ["pocket"])
        few, head, _ = prior.believe(around(angle(np.array([0.5, 0.5, 0.5])), error, rng), rng).mean(axis=1)
        leads.append(head - few)
    assert leads[0] > 0.05 > 0.02 > abs(leads[1])


def test_what_was_scored_with_another_model_says_nothing_of_this_one() -> None:
    told = Experience(model="pocket", tasks=[past(i, np.array([0.1, 0.8, 0.8])) for i in range(4)])
    mean = {
        model: told.prior(METHODS, "labels", 20, [""] * 20, [model]).mean
        for model in ("pocket", "openai:other")
    }
    assert mean["pocket"][0] < mean["openai:other"][0] - 0.1
    assert mean["pocket"][1:] == pytest.approx(mean["openai:other"][1:], abs=0.15)
    several = told.prior(["few-shot @ a", "few-shot @ pocket"], "labels", 20, [""] * 20, ["a", "pocket"]).mean
    assert several[1] < several[0] - 0.1


def test_a_cascade_is_known_only_where_all_models_are_and_their_order_is_nothing() -> None:
    told = experience()
    mean = [
        told.prior(["cascade"], "labels", 20, [""] * 20, models).mean[0]
        for models in (["pocket"], ["pocket", "openai:x"], ["openai:x", "pocket"])
    ]
    assert mean[0] != mean[1] == mean[2]


def test_a_training_is_the_less_steady_the_rarer_a_label() -> None:
    told = Experience(model="pocket")
    even, rare = (
        told.prior(METHODS, "labels", 20, ["a"] * (20 - few) + ["b"] * few, ["pocket"]).unsteady
        for few in (10, 2)
    )
    assert even[0] == rare[0] == 0
    assert rare[1] > 2 * even[1] > 0


def test_scores_between_two_sizes_lie_between_theirs() -> None:
    one = Past(task="t", kind="texts", scores={20: {"lora": 0.2}, 80: {"lora": 0.6, "zero-shot": 0.1}})
    assert one.angles(40)["lora"] == pytest.approx((angle(np.array(0.2)) + angle(np.array(0.6))) / 2)
    assert one.angles(10)["lora"] == pytest.approx(float(angle(np.array(0.2))))
    assert one.angles(500)["zero-shot"] == pytest.approx(float(angle(np.array(0.1))))


def test_the_score_of_the_winner_is_that_of_what_other_tasks_speak_for() -> None:
    """The prompt is ahead on the samples, and by ten tasks far behind the heads."""
    names = ("few-shot", "encoder-lora")
    told = Experience(
        model="pocket",
        tasks=[
            Past(task=f"t{i}", kind="labels", scores={20: dict(zip(names, (0.1, 0.9), strict=True))})
            for i in range(10)
        ],
    )
    draws = answered({"few-shot": range(14), "encoder-lora": range(11)}, 20)
    drawn = draws.given(told.prior(names, "labels", 20, [""] * 20, ["pocket"]), names, 0).among(names)
    found = decide(standings(drawn, 0.02), {}, 0.02)
    assert found.recommended == found.leader == "encoder-lora"
    winner = winner_score(drawn, 0.02, found.recommended)
    assert winner is not None
    assert winner[0] == pytest.approx(0.55, abs=0.03)
    low, high = standings(drawn, 0.02)["encoder-lora"].interval
    assert low - 0.12 < winner[1][0] < low and high < winner[1][1] < high + 0.12


def answered(right: dict[str, range], n: int) -> Draws:
    """Methods that were right on those of the samples."""
    marks = {name: np.isin(np.arange(n), [*places]) for name, places in right.items()}
    columns = {name: np.stack([mine, np.ones(n)], axis=1).astype(float) for name, mine in marks.items()}
    return draw(Evidence(metric_named("accuracy"), columns, range(n)), 0)


def test_what_more_labels_are_worth_is_what_a_normal_posterior_gives() -> None:
    """Truths from what is believed, new samples from the truths, and the posterior after these."""
    n, prior = 20, experience().prior(METHODS, "labels", 20, [""] * 20, ["pocket"])
    draws = answered(dict(zip(METHODS, (range(11), range(5, 15), range(8, 18)), strict=True)), n)
    drawn = draws.given(prior, METHODS, 0).among(METHODS)
    told = {o.samples: o.expected_loss for o in outlooks(drawn, 0.02, n)}
    rng, angles = np.random.default_rng(4), angle(drawn.scores)
    errors = np.cov(angles)
    mean, covariance = prior.after(angles.mean(axis=1), errors)
    truths = rng.multivariate_normal(mean, covariance, TIMES).T
    for times in (2, 5):
        new = (errors + np.diag(prior.unsteady)) / (times - 1)
        seen = truths + rng.multivariate_normal(np.zeros(3), new, TIMES).T
        weight = covariance @ np.linalg.inv(covariance + new)
        choice = simplest(score(mean[:, None] + weight @ (seen - mean[:, None])), 0.02)
        lost = score(truths).max(axis=0) - score(truths)[choice, np.arange(TIMES)]
        assert told[times * n] == pytest.approx(float(lost.mean()), abs=0.003)


def test_samples_enough_settle_it_also_against_other_tasks() -> None:
    names, needed = ("few-shot", "encoder-lora"), []
    for n in (20, 50, 100):
        draws = answered({"few-shot": range(n * 4 // 5), "encoder-lora": range(n * 2 // 5, n)}, n)
        prior = experience().prior(names, "labels", n, [""] * n, ["pocket"])
        needed.append(labels_needed(draws.given(prior, names, 0).among(names), 0.02, {}, n))
    assert needed[0] is not None and 20 < needed[0] < 100
    assert needed[1] is not None and 50 < needed[1] < 100
    assert needed[2] is None  # it is clear


def test_the_verdict_on_what_asks_another_model_is_that_of_the_samples() -> None:
    names = ("few-shot", "knn-few-shot")
    draws = answered({"few-shot": range(36), "knn-few-shot": range(15, 60)}, 60)
    told = draws.given(experience().prior(names, "labels", 60, [""] * 60, ["openai:other"]), names, 0)
    plain, other = (standings(d.among(names), 0.02) for d in (draws, told))
    for name in names:
        assert other[name].p_within_margin == pytest.approx(plain[name].p_within_margin, abs=0.04)
        assert other[name].expected_loss == pytest.approx(plain[name].expected_loss, abs=0.02)
    assert decide(other, {}, 0.02).verdict == decide(plain, {}, 0.02).verdict


def test_belief_loses_less_than_the_highest_score_and_knows_how_sure_it_is() -> None:
    """Tasks as the model has them: twenty are known, two hundred are new and measured with a large error."""
    rng, spread, margin = np.random.default_rng(2), Spread(road=0.1, own=0.1), 0.02
    worth, error = np.array([0.5, 0.8, 0.85]), 0.12

    def truth() -> Floats:
        scatter = spread.of_task(METHODS) - np.ones((3, 3)) * 0.23
        return np.asarray(score(rng.multivariate_normal(worth, scatter)))

    told = Experience(model="pocket", tasks=[past(i, truth()) for i in range(20)], spread=spread)
    prior = told.prior(METHODS, "labels", 20, [""] * 20, ["pocket"])
    lost, argmax_lost, sure, within = [], [], [], []
    for _ in range(200):
        true = truth()
        measured = angle(true) - prior.gained + np.sqrt(prior.unsteady + error**2) * rng.standard_normal(3)
        believed = prior.believe(around(measured, error, rng), rng)
        chosen = int(believed.mean(axis=1).argmax())
        lost.append(true.max() - true[chosen])
        argmax_lost.append(true.max() - true[int(measured.argmax())])
        sure.append((believed[chosen] >= believed.max(axis=0) - margin).mean())
        within.append(lost[-1] <= margin)
    assert np.mean(lost) < 0.8 * np.mean(argmax_lost)
    assert np.mean(within) == pytest.approx(np.mean(sure), abs=0.08)


def test_the_kept_experience_is_of_methods_that_there_are() -> None:
    told = experience()
    assert {name for past in told.tasks for scores in past.scores.values() for name in scores} <= {
        *BY_NAME,
        "cascade",
    }
    assert {past.kind for past in told.tasks} >= {"labels", "texts"}
