"""Several base models in one use case: every prompted method with each of them, on the same folds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from advisor.deployment import deploy, open_deployment
from advisor.errors import UseCaseError
from advisor.estimate import estimate
from advisor.recommend import recommend
from advisor.replay import replay
from advisor.use_case import UseCase, check
from advisor.workbench import Workbench
from generation.catalog import Catalog, ModelCard
from generation.language_model import LanguageModel
from generation.scripted_model import ScriptedModel
from retrieval.hashing_embedder import HashingEmbedder
from tests.advisor.test_recommend import facts, reads_passages

SMALL = ScriptedModel("small", lambda request: "nobody")
LARGE = ScriptedModel("openai:large/one", reads_passages)


class TwoModels:
    """A source with a model that knows nothing, and one that reads."""

    def cards(self) -> Sequence[ModelCard]:
        return [ModelCard(model.name, 0, "test") for model in (SMALL, LARGE)]

    def open(self, name: str) -> LanguageModel:
        return {"small": SMALL, "openai:large/one": LARGE}[name]


def bench() -> Workbench:
    catalog = Catalog()
    catalog.add_source(TwoModels())
    return Workbench(catalog, HashingEmbedder())


def case(**changes: Any) -> UseCase:
    given = facts().model_dump(exclude={"model"}) | {"models": ["small", "openai:large/one"]}
    return check(given | changes)


def test_each_method_is_measured_with_each_model(tmp_path: Path) -> None:
    found = recommend(case(), bench(), tmp_path / "measured")
    assert found.recommended == "rag @ openai:large/one"
    names = {row.method for row in found.rows} | set(found.not_run)
    assert {"rag @ small", "rag @ openai:large/one", "rag-reader", "feature-head"} <= names
    assert not {"rag", "rag-reader @ small", "feature-head @ small"} & names
    assert found.models == ("small", "openai:large/one")
    assert "models small, openai:large/one" in (tmp_path / "measured" / "report.html").read_text()
    tensor = pq.read_table(tmp_path / "measured" / "tensor.parquet").to_pylist()
    folds = {
        name: [(r["sample"], r["fold"]) for r in tensor if r["method"] == f"few-shot @ {name}"]
        for name in found.models
        if any(r["method"] == f"few-shot @ {name}" for r in tensor)
    }
    assert folds and len(set(map(tuple, folds.values()))) == 1
    assert replay(tmp_path / "measured" / "replay.zip") == (found, [])

    deploy(case(), "rag @ openai:large/one", bench(), tmp_path / "served")
    asked = len(SMALL.requests)
    [answer] = open_deployment(tmp_path / "served", bench()).answer(["Who leads the office of Fennik?"])
    assert answer.text == "Fennikson" and len(SMALL.requests) == asked


def test_a_remote_one_is_left_out_where_the_data_may_not_leave(tmp_path: Path) -> None:
    closed = case(constraints={"data_may_leave": False})
    told = estimate(closed)
    assert "zero-shot @ small" in told.methods
    assert "may not leave" in told.not_run["zero-shot @ openai:large/one"]
    asked = len(LARGE.requests)
    recommend(closed, bench(), tmp_path)
    assert len(LARGE.requests) == asked


def test_more_models_take_more_time() -> None:
    one, two = estimate(case(models=["small"])), estimate(case())
    assert two.seconds > one.seconds and two.trials > one.trials


def test_models_that_are_named_badly_are_refused(tmp_path: Path) -> None:
    assert case(models=["small"]).model == "small" and case(models=["small"]).models == ()
    assert case().model == "small" and check(case().model_dump(mode="json")) == case()
    with pytest.raises(UseCaseError, match="different models"):
        case(model="other")
    with pytest.raises(UseCaseError, match="twice"):
        case(models=["small", "small"])
    with pytest.raises(UseCaseError, match="several remote models"):
        prices = {"input_per_million": 1, "output_per_million": 1}
        case(models=["openai:a", "openai:b"], economics=prices)
    with pytest.raises(UseCaseError) as caught:
        recommend(case(models=["small", "nobody"]), Workbench(Catalog(), HashingEmbedder()), tmp_path)
    assert caught.value.field == "models"
