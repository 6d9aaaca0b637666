"""Cascades: made of what was measured, scored out of fold, paid for twice, and deployed as two methods."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from advisor.cascade import CASCADE, Arms, Cascade
from advisor.deployment import deploy_cascade, open_deployment
from advisor.recommend import recommend
from advisor.replay import replay
from advisor.scoring import metric_named
from advisor.use_case import UseCase
from generation.language_model import Request
from tests.advisor.test_recommend import workbench

METRIC = metric_named("accuracy")
N = 100
WANTED = ["yes"] * N


def rows(said: Sequence[str], sure: Sequence[float | None], seconds: float = 1.0) -> pa.Table:
    n = len(said)
    return pa.table(
        {
            "method": ["any"] * n,
            "fold": pa.array([i % 5 for i in range(n)], pa.int32()),
            "sample": pa.array(range(n), pa.int32()),
            "output": list(said),
            "prompt_tokens": pa.array([10] * n, pa.int32()),
            "completion_tokens": pa.array([1] * n, pa.int32()),
            "seconds": [seconds] * n,
            "latency": [2 * seconds] * n,
            "prepare_seconds": [3 * seconds] * n,
            "too_long": [False] * n,
            "unlearned": pa.array([0] * n, pa.int32()),
            "confidence": pa.array(sure, pa.float64()),
            "sources": pa.array([["one"]] * n, pa.list_(pa.string())),
        }
    )


def arms(**tables: pa.Table) -> Arms:
    columns = {name: METRIC.columns(table["output"].to_pylist(), WANTED) for name, table in tables.items()}
    return Arms(tables, columns, METRIC)


def cheap(right_when_sure: bool = True) -> pa.Table:
    """Right on 60 of 100; sure of these where it knows what it knows."""
    right = np.arange(N) % 10 < 6
    sure = np.where(right == right_when_sure, 0.9, 0.2) + np.arange(N) / 10_000
    return rows(["yes" if ok else "no" for ok in right], sure.tolist())


def dear(share: float = 1.0) -> pa.Table:
    return rows(["yes" if i < share * N else "no" for i in range(N)], [None] * N, seconds=10.0)


def test_what_the_first_is_unsure_of_is_handed_on() -> None:
    found = arms(cheap=cheap(), dear=dear()).cascade()
    assert found is not None
    cascade, table = found
    assert (cascade.first, cascade.second) == ("cheap", "dear")
    assert 0.4 <= cascade.handed_on <= 0.45 and 0.21 < cascade.threshold <= 0.91
    assert METRIC.score(table["output"].to_pylist(), WANTED) == 1.0


def test_who_knows_what_it_does_not_know_comes_first() -> None:
    """The simplest is sure at random; of the others the one whose confidence helps most begins."""
    poor = rows(["no"] * 50 + ["yes"] * 50, [i % 7 / 7 for i in range(N)])
    found = arms(poor=poor, cheap=cheap(), dear=dear()).cascade()
    assert found is not None and (found[0].first, found[0].second) == ("cheap", "dear")
    assert METRIC.score(found[1]["output"].to_pylist(), WANTED) == 1.0


def test_both_are_paid_for_where_both_answer() -> None:
    found = arms(cheap=cheap(), dear=dear()).cascade()
    assert found is not None
    table = found[1].to_pylist()
    spent = [(row["prompt_tokens"], row["seconds"], row["latency"]) for row in table]
    assert set(spent) == {(20, 11.0, 22.0), (10, 1.0, 2.0)}
    assert all(spent[i] == (20, 11.0, 22.0) for i in range(N) if i % 10 >= 6)
    assert spent.count((20, 11.0, 22.0)) == round(found[0].handed_on * N)
    assert {row["prepare_seconds"] for row in table} == {33.0}


def test_the_fold_that_is_scored_has_no_say() -> None:
    """One rival fails on fold 0 alone: for that fold it is chosen all the same, since no other shows it."""
    fails = rows(["no" if i % 5 == 0 else "yes" for i in range(N)], [None] * N)
    unsure = rows(["no"] * N, [0.2 if i % 2 else 0.9 for i in range(N)])
    found = arms(cheap=unsure, fails=fails, dear=dear(0.9)).cascade()
    assert found is not None and found[0].second == "dear"
    said = found[1]["output"].to_pylist()
    assert {said[i] for i in range(N) if i % 5 == 0} == {"no"}


@pytest.mark.parametrize(
    "tables",
    [
        {"dear": dear(), "other": dear(0.5)},
        {"cheap": cheap()},
        {"cheap": rows(["yes"] * N, [0.5] * N), "dear": dear()},
        {"cheap": cheap(right_when_sure=False), "dear": dear()},
    ],
    ids=[
        "nothing knows how sure it is",
        "there is one method",
        "the first is right",
        "it is sure when wrong",
    ],
)
def test_none_is_made_where_it_would_be_no_cascade(tables: dict[str, pa.Table]) -> None:
    assert arms(**tables).cascade() is None


def words() -> UseCase:
    """Most inputs hold words that give the label away to a classifier; all hold a number that does."""
    telling = {"left": "harbour boat anchor", "right": "mountain glacier summit"}
    samples = [
        {"input": f"{telling[label] if i % 10 > 3 else 'nothing to see'} {i}", "output": label}
        for i in range(80)
        for label in ["right" if i % 2 else "left"]
    ]
    return UseCase.model_validate(
        {"description": "Which?", "samples": samples, "model": "scripted", "preset": "quick"}
    )


def sees_the_parity(request: Request) -> str:
    """But not of numbers that end in 6 or 7."""
    number = int(request.messages[-1].content.split()[-1])
    return "right" if (number % 2 and number % 10 != 7) or number % 10 == 6 else "left"


def test_a_measured_cascade_is_weighed_replayed_and_deployed(tmp_path: Path) -> None:
    bench, model = workbench(sees_the_parity)
    found = recommend(words(), bench, tmp_path / "measured")
    cascade = found.cascade
    assert cascade is not None and cascade.first == "feature-head"
    by_name = {row.method: row for row in found.rows}
    first, second, mine = (by_name[name] for name in (cascade.first, cascade.second, CASCADE))
    assert mine.score > first.score and found.rows[-1] is mine
    assert first.cost_per_1000 is not None and second.cost_per_1000 is not None
    wanted = first.cost_per_1000 + cascade.handed_on * second.cost_per_1000
    assert mine.cost_per_1000 == pytest.approx(wanted)
    assert mine.prepare_seconds == pytest.approx(first.prepare_seconds + second.prepare_seconds)
    assert replay(tmp_path / "measured" / "replay.zip") == (found, [])
    assert cascade.second in (tmp_path / "measured" / "report.md").read_text()

    deploy_cascade(words(), cascade, bench, tmp_path / "served")
    answerer, before = open_deployment(tmp_path / "served", bench), len(model.requests)
    told = answerer.answer(["harbour boat anchor 904", "mountain glacier summit 905"])
    assert [(a.text, a.prompt_tokens) for a in told] == [("left", 0), ("right", 0)]
    hidden = answerer.answer([f"what is this {number}" for number in range(900, 905)])
    assert [a.text for a in hidden] == ["left", "right"] * 2 + ["left"]
    assert all(a.prompt_tokens > 0 for a in hidden) and len(model.requests) == before + 5


def test_a_cascade_that_cannot_be_deployed_leaves_nothing(tmp_path: Path) -> None:
    bench, _ = workbench(sees_the_parity)
    broken = Cascade(first="feature-head", second="rag", threshold=0.5, handed_on=0.5)
    with pytest.raises(Exception, match="no corpus"):
        deploy_cascade(words(), broken, bench, tmp_path / "served")
    assert list(tmp_path.iterdir()) == []
