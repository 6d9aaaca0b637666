"""Learning curves: measured once, forecast with honest bands, and silent where nothing is known."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from advisor.estimate import estimate
from advisor.events import Event
from advisor.growing import PARTS, part_of
from advisor.label_advice import outlooks
from advisor.learning_curves import EXPONENTS, FARTHEST, Curve, Growth, curves, growths
from advisor.recommend import recommend
from advisor.recommendation import Recommendation
from advisor.replay import replay
from advisor.resampling import Draws, Evidence, draw
from advisor.scoring import metric_named
from advisor.use_case import UseCase
from tests.advisor.test_racing import facts
from tests.advisor.test_recommend import workbench

METRIC = metric_named("accuracy")
SIZES = np.array([40.0, 80.0, 160.0])


def labels(n: int, **more: object) -> UseCase:
    """Words that give the label away, each in a few samples only: the more are learned, the better."""
    words = [f"{a}{b}{c}" for a in "bdfgk" for b in ("er", "on", "al", "uv") for c in ("den", "mar", "tik")]
    samples = [{"input": f"{words[i % 60]} {i}", "output": "yes" if i % 60 % 2 else "no"} for i in range(n)]
    case = {"description": "Which?", "samples": samples, "model": "scripted", "preset": "quick", **more}
    return UseCase.model_validate(case)


def drawn(n: int, seed: int = 0, **right: tuple[float, ...]) -> Draws:
    """Methods with these shares of right answers, after learning from a quarter, a half and the whole."""
    luck, columns = np.random.default_rng(seed).random(n), {}
    for name, shares in right.items():
        keys = [part_of(name, part) for part in PARTS[: len(shares) - 1]]
        for key, share in zip([*keys, name], shares, strict=True):
            columns[key] = np.stack([(luck < share).astype(float), np.ones(n)], axis=1)
    return draw(Evidence(METRIC, columns, list(range(n))), seed)


def test_both_curves_are_found_again_and_continued() -> None:
    scores = np.repeat((0.9 - 2.0 * SIZES**-0.5)[:, None], 20, axis=1)
    gained = Growth(SIZES, scores[:, 0], scores).gain(640)[1::2]
    assert gained[list(EXPONENTS).index(0.5)] == pytest.approx(2.0 * (160**-0.5 - 640**-0.5))
    assert len(set(gained.round(9))) == len(EXPONENTS)
    odds = (SIZES / 160)[:, None].repeat(20, axis=1)
    growth = Growth(SIZES, 0 * SIZES, odds / (1 + odds))
    assert growth.gain(640)[::2] == pytest.approx(4 / 5 - 1 / 2)


def test_learning_never_harms_and_ends_at_perfect() -> None:
    falling = np.array([[0.8, 0.5], [0.7, 0.7], [0.6, 0.95]])
    growth = Growth(SIZES, falling[:, 0], falling)
    assert growth.gain(800) == pytest.approx([0.0, 0.05])


def told(found: Draws, chosen: str, n: int = 200) -> dict[str, Curve]:
    names = [name for name in found.columns if " of " not in name]
    growing = [name for name in names if part_of(name, 2) in found.columns]
    known = growths(dict.fromkeys(growing, PARTS), 0.8 * n, found)
    return {c.method: c for c in curves(known, found.among(names), chosen, 0.02, n)}


def test_says_where_a_method_that_learns_overtakes_one_that_does_not() -> None:
    found = told(drawn(400, **{"zero-shot": (0.8,), "feature-head": (0.3, 0.55, 0.74)}), "zero-shot", 400)
    crossing = found["feature-head"].overtaking
    assert crossing is not None and crossing.samples is not None
    assert 400 < crossing.samples < FARTHEST * 400 and crossing.chances[-1] >= 0.95
    assert "would probably be preferred to zero-shot" in crossing.message
    assert f"about {crossing.samples:,}" in crossing.message
    hopeless = told(drawn(400, **{"zero-shot": (0.95,), "feature-head": (0.5, 0.5, 0.5)}), "zero-shot", 400)
    crossing = hopeless["feature-head"].overtaking
    assert crossing is not None and "would hardly be preferred" in crossing.message
    close = told(drawn(100, **{"zero-shot": (0.75,), "feature-head": (0.6, 0.66, 0.7)}), "zero-shot", 100)
    crossing = close["feature-head"].overtaking
    assert crossing is not None and "is not known" in crossing.message


def test_nothing_is_said_against_a_method_whose_own_learning_is_not_known() -> None:
    shares = {"knn-few-shot": (0.75,), "feature-head": (0.5, 0.61, 0.7)}
    assert told(drawn(400, **shares), "knn-few-shot", 400)["feature-head"].overtaking is None


def test_what_is_learned_makes_more_labels_worth_more() -> None:
    found = drawn(200, **{"zero-shot": (0.72,), "feature-head": (0.5, 0.6, 0.7)})
    known = growths({"feature-head": PARTS}, 160, found)
    among = found.among(["zero-shot", "feature-head"])

    def learned(times: float) -> np.ndarray:
        return np.array([np.zeros_like(among.scores[0]), known["feature-head"].gain(200 * times)])

    more, plain = outlooks(among, 0.02, 200, learned), outlooks(among, 0.02, 200)
    gained = [o.learned for o in more]
    assert gained == sorted(gained) and gained[-1] > 0.03  # type: ignore[type-var, operator]
    assert [o.learned for o in plain] == [None] * 4


def measured(case: UseCase, folder: Path, **more: object) -> tuple[Recommendation, int]:
    bench, model = workbench(lambda request: "yes")
    return recommend(case, bench, folder, **more), len(model.requests)  # type: ignore[arg-type]


def test_curves_are_told_everywhere_and_replayed(tmp_path: Path) -> None:
    seen: list[Event] = []
    found, _ = measured(labels(60), tmp_path, on_event=seen.append)
    [head] = found.curves
    assert head.method == "feature-head" and [p.samples for p in head.measured] == [12, 24, 48]
    assert [p.samples for p in head.forecast] == [90, 120, 180, 300]
    scores = {row.method: row.score for row in found.rows}
    assert head.measured[-1].score == pytest.approx(scores["feature-head"])
    assert replay(tmp_path / "replay.zip") == (found, [])
    page, text = ((tmp_path / f"report.{end}").read_text("utf-8") for end in ("html", "md"))
    for report in (page, text):
        assert "300 (forecast)" in report and f"{100 * head.forecast[-1].score:.1f}" in report

    def late() -> bool:
        return any("learning curve" in event.message for event in seen)

    shutil.rmtree(tmp_path / "trials")
    seen.clear()
    stopped, _ = measured(labels(60), tmp_path, on_event=seen.append, cancelled=late)
    assert (stopped.status, stopped.curves) == ("complete", ())


def test_what_asks_the_model_is_drawn_by_the_preset_thorough_within_the_budget(
    tmp_path: Path,
) -> None:
    case = facts(corpus=None, preset="thorough")
    found, asked = measured(case, tmp_path / "all")
    assert [c.method for c in found.curves] == ["knn-few-shot"] and asked <= estimate(case).calls
    assert measured(case, tmp_path / "all") == (found, 0)
    most = asked - 60
    found, asked = measured(facts(corpus=None, preset="thorough", budget={"calls": most}), tmp_path / "tight")
    assert asked <= most and (found.status, found.curves) == ("complete", ())


def test_few_samples_have_no_curve(tmp_path: Path) -> None:
    assert measured(labels(40), tmp_path)[0].curves == ()
    assert "forecast" not in (tmp_path / "report.html").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "shape"),
    [(60, (0.9, 1.5, 0.3)), (60, (0.6, 0.0, 1.0)), (150, (0.8, 1.2, 0.5))],
)
def test_bands_cover_the_truth(n: int, shape: tuple[float, float, float]) -> None:
    """True curves a - b * n ** -c, and trainings that are lucky or not by a few points; nominal 90 %."""
    top, slope, exponent = shape
    rng, runs, fold = np.random.default_rng(n), 40, np.arange(n) % 5
    inside = np.zeros(4)
    for run in range(runs):
        luck, columns = rng.random(n), {}
        for part in (*PARTS, 1):
            size = 0.8 * n / part
            trained = top - slope * size**-exponent + rng.normal(0, 0.1 * size**-0.5, 5)
            mine = np.where(rng.random(n) < 0.7, luck, rng.random(n)) < trained[fold]
            key = part_of("lora", part) if part > 1 else "lora"
            columns[key] = np.stack([mine.astype(float), np.ones(n)], axis=1)
        found = draw(Evidence(METRIC, columns, list(range(n))), run)
        [curve] = curves(growths({"lora": PARTS}, 0.8 * n, found), found.among(["lora"]), None, 0.02, n)
        truths = [top - slope * p.samples**-exponent for p in curve.forecast]
        inside += [p.interval[0] <= t <= p.interval[1] for p, t in zip(curve.forecast, truths, strict=True)]
    assert inside.min() / runs >= 0.78
