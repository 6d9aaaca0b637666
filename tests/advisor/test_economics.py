"""Money from measured seconds and tokens."""

from __future__ import annotations

import pyarrow as pa
import pytest

from advisor.economics import UPDATES_A_MONTH, cost, prices

MACHINE = prices()["machine_per_hour"] / 3600


def rows(prompt: int = 100, prepare: float = 30.0) -> pa.Table:
    return pa.table(
        {
            "prompt_tokens": [prompt, prompt],
            "completion_tokens": [10, 30],
            "seconds": [0.5, 1.5],
            "latency": pa.array([2.0, None], pa.float64()),
            "prepare_seconds": [prepare, prepare],
        }
    )


def test_a_local_model_costs_its_seconds() -> None:
    found = cost(rows(), "pocket", volume=2_000)
    assert found.per_1000 == pytest.approx(1_000 * 1.0 * MACHINE)
    assert found.monthly == pytest.approx(2 * 1_000 * MACHINE)
    assert (found.p50_seconds, found.p95_seconds, found.completion_tokens) == (2.0, 2.0, 20.0)


def test_a_remote_model_costs_its_tokens() -> None:
    name, price = next(iter(prices()["models"].items()))
    expected = (100 * price["input_per_million"] + 20 * price["output_per_million"]) / 1_000
    assert cost(rows(), f"openai:{name}", None).per_1000 == pytest.approx(expected)


def test_what_asks_no_model_costs_its_seconds_whatever_the_model() -> None:
    assert cost(rows(prompt=0), "openai:unheard-of", None).per_1000 == pytest.approx(1_000 * MACHINE)


def test_an_unknown_price_stays_unknown() -> None:
    found = cost(rows(), "openai:unheard-of", volume=10)
    assert (found.per_1000, found.monthly) == (None, None)


def test_training_again_is_paid_as_often_as_facts_change() -> None:
    once, never = cost(rows(), "pocket", 0, UPDATES_A_MONTH["monthly"]), cost(rows(), "pocket", 0)
    assert once.monthly == pytest.approx(30 * MACHINE)
    assert never.monthly == 0
    yearly = cost(rows(), "pocket", 0, UPDATES_A_MONTH["yearly"])
    assert yearly.monthly == pytest.approx(30 * MACHINE / 12)
