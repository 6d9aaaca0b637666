"""Going on with more samples or a larger budget asks only what is new."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.errors import UseCaseError
from advisor.extension import carry_over, extended
from advisor.recommend import recommend
from tests.advisor.test_racing import facts
from tests.advisor.test_recommend import reads_passages, workbench


def test_more_samples_ask_what_learns_nothing_only_about_them(tmp_path: Path) -> None:
    whole, (bench, model) = facts(), workbench(reads_passages)
    few = whole.model_copy(update={"samples": whole.samples[:30]})
    recommend(few, bench, tmp_path / "few")
    more = extended(few, [s.model_dump() for s in whole.samples[30:40]])
    assert len(more.samples) == 40
    model.requests.clear()
    carry_over(more, bench, tmp_path / "few", tmp_path / "more")
    found = recommend(more, bench, tmp_path / "more")
    old = {s.input for s in few.samples}
    plain = [r.messages[-1].content for r in model.requests if len(r.messages) == 2]
    assert found.samples == 40 and plain and not old & set(plain)
    alone = recommend(more, bench, tmp_path / "alone")
    assert {r.method: r.score for r in found.rows} == {r.method: r.score for r in alone.rows}


def test_a_larger_budget_takes_over_every_trial(tmp_path: Path) -> None:
    bench, model = workbench(lambda request: "nobody")
    case = facts(corpus=None, budget={"calls": 150})
    recommend(case, bench, tmp_path / "first")
    before = len(model.requests)
    larger = extended(case, budget={})
    for _ in range(2):  # the first attempt ended before anything was measured
        carry_over(larger, bench, tmp_path / "first", tmp_path / "second")
    assert recommend(larger, bench, tmp_path / "second").status == "complete"
    again = len(model.requests) - before
    fresh, other = workbench(lambda request: "nobody")
    recommend(larger, fresh, tmp_path / "fresh")
    assert again == len(other.requests) - before


def test_nothing_is_taken_over_from_other_documents(tmp_path: Path) -> None:
    bench, _ = workbench(lambda request: "nobody")
    recommend(facts(corpus=None), bench, tmp_path / "first")
    with pytest.raises(UseCaseError, match="these documents"):
        carry_over(facts(), bench, tmp_path / "first", tmp_path / "second")
    assert not (tmp_path / "second").exists()


def test_what_is_added_is_checked() -> None:
    with pytest.raises(UseCaseError, match="nothing is added"):
        extended(facts())
    with pytest.raises(UseCaseError, match=r"samples\[60\]\.output"):
        extended(facts(), [{"input": "no output"}])
    with pytest.raises(UseCaseError, match="budget"):
        extended(facts(), budget={"seconds": -1})
