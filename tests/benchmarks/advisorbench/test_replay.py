"""The rule on customers whose truth is known, and on the tensors that are kept."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from advisor.experience import Experience, experience
from benchmarks.advisorbench import __main__ as command
from benchmarks.advisorbench.families import Judged, families_table, leave_one_out, merit
from benchmarks.advisorbench.figures import coverage, figures, outcomes
from benchmarks.advisorbench.replay import see_all
from benchmarks.advisorbench.tensors import Part, Tensor, load, save

FIELDS = {
    "within_margin_rate",
    "mean_regret",
    "p90_regret",
    "gap_closed",
    "false_claim_rate",
    "calibration_error",
    "cost_vs_exhaustive",
    "wall_seconds_median",
    "truth_error",
    "baselines",
}
Simulate = Callable[..., Tensor]
RESULTS = Path(__file__).parents[3] / "docs/advisorbench/results.md"


def test_a_method_that_is_truly_far_better_is_found(simulate: Simulate) -> None:
    truths = {"zero-shot": 0.4, "few-shot": 0.5, "feature-head": 0.8}
    told = figures(outcomes(see_all([simulate(truths, 200, draw) for draw in range(4)]), 200))
    assert told["within_margin_rate"] == 1 and told["false_claim_rate"] == 0
    assert told["mean_regret"] == pytest.approx(0, abs=0.1)
    assert told["baselines"]["always-zero-shot"]["mean_regret"] == pytest.approx(40, abs=4)
    assert told["baselines"]["random"]["mean_regret"] == pytest.approx(70 / 3, abs=4)
    assert told["gap_closed"] == 1 or told["gap_closed"] is None


@pytest.mark.slow
def test_the_winner_is_covered_and_equal_methods_cost_nothing(simulate: Simulate) -> None:
    """By truth all are equal: what is lost is nothing, though the highest test score is always higher."""
    truths = {"zero-shot": 0.6, "few-shot": 0.6, "feature-head": 0.6}
    found = outcomes(see_all([simulate(truths, 100, draw) for draw in range(40)]), 100)
    assert figures(found)["mean_regret"] == pytest.approx(0, abs=0.8)
    assert sum(o.plain_regret for o in found) / len(found) > 0.01
    covered = coverage(found)
    assert covered is not None and 0.75 <= covered <= 1


def test_what_is_not_measured_counts_as_spared(simulate: Simulate, part_of: Callable[..., Part]) -> None:
    """few-shot: 20 answers of 1 s. A head was only deployed: 4 x 5 s of learning and 20 answers of 2 s.

    A cascade is computed from what others answered.
    """
    tensor = simulate({"few-shot": 0.5, "cascade": 0.5}, 20, 0)
    head = part_of([1.0] * 300, seconds=2.0, prepare=5.0)
    [seen] = see_all([replace(tensor, test=tensor.test | {"feature-head": head})])
    assert seen.cost == pytest.approx(20 / (20 + 60))
    assert seen.truth.regret["few-shot"] == pytest.approx(0.5, abs=0.1)
    assert seen.truth.score_error["few-shot"] == pytest.approx(math.sqrt(0.25 / 300), rel=0.05)
    assert seen.truth.regret_error["feature-head"] == 0


def test_a_tensor_is_read_as_it_was_written(simulate: Simulate, tmp_path: Path) -> None:
    tensor = simulate({"zero-shot": 0.4, "few-shot": 0.5}, 20, 0)
    save(tensor, tmp_path / "one" / "20-0.parquet")
    again = load(tmp_path / "one" / "20-0.parquet")
    assert again.about == tensor.about and list(again.samples) == ["zero-shot", "few-shot"]
    assert (again.test["few-shot"].columns == tensor.test["few-shot"].columns).all()
    assert (again.samples["few-shot"].fold == tensor.samples["few-shot"].fold).all()


def test_each_family_is_judged_by_constants_chosen_without_it(simulate: Simulate) -> None:
    close = {"zero-shot": 0.55, "few-shot": 0.6}
    tensors = [
        simulate(close, 50, draw, task)
        for task in ("sms_spam_filter", "linux_forum_intents")
        for draw in (0, 1)
    ]
    rows = leave_one_out(see_all(tensors), [50])
    assert [row.family for row in rows] == ["intents", "judgements"]
    assert rows[0].judged_on.regret <= 10
    assert families_table(rows).count("\n") == 3


def test_false_claims_weigh_more_than_regret() -> None:
    honest, bold, timid = Judged(1.0, 0.05, 0.5), Judged(0.2, 0.06, 0.9), Judged(1.0, 0.0, 0.2)
    assert max([bold, timid, honest], key=merit) is honest


def test_the_kept_tensors_say_what_the_page_and_the_experience_say(tmp_path: Path) -> None:
    kept = RESULTS.read_text()
    page, taught = tmp_path / "results.md", tmp_path / "experience.json"
    sizes = re.search(r"--sizes (\S+)", kept)
    assert sizes
    outputs = f"--out {tmp_path} --page {page} --experience {taught}"
    command.main(f"--replay --sizes {sizes[1]} {outputs}".split())
    told = json.loads((tmp_path / "summary.json").read_text())
    assert ",".join(told["sizes"]) == sizes[1]
    for figure in (*told["sizes"].values(), told["overall"]):
        assert set(figure) == FIELDS
        assert figure["mean_regret"] <= figure["baselines"]["random"]["mean_regret"]
    assert {"blog_rule", "single_split_argmax", "cv_argmax", "random", "always-zero-shot"} <= set(
        told["overall"]["baselines"]
    )
    assert regrets(page.read_text()) == pytest.approx(regrets(kept), abs=0.3)
    assert all(f"]({name}.svg)" in page.read_text() for name in ("regret", "calibration"))
    assert (tmp_path / "regret.svg").read_text().startswith("<svg")
    again = Experience.model_validate_json(taught.read_text())
    assert again.tasks == experience().tasks
    assert again.spread.model_dump() == pytest.approx(experience().spread.model_dump(), rel=0.1)


def regrets(page: str) -> list[float]:
    """The adviser's, of each size."""
    row = next(line for line in page.splitlines() if line.startswith("| **the adviser**"))
    return [float(cell) for cell in re.findall(r"-?[\d.]+", row)]
