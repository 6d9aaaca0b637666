"""Money from measured seconds and tokens."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.economics import UPDATES_A_MONTH, Cost, Terms, break_even, cost, monthly
from advisor.prices import Prices, price_table, prices_for
from advisor.use_case import Economics, UseCase

CASE = UseCase.model_validate(
    {
        "description": "x",
        "samples": [{"input": f"case {i}", "output": "a"} for i in range(20)],
        "model": "openai:new",
    }
)
PRICES = prices_for(CASE)
SECOND = price_table()["machine_per_hour"] / 3600


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


def spent(model: str = "pocket", prices: Prices = PRICES, prompt: int = 100, **terms: float) -> Cost:
    return cost(rows(prompt), model, Terms(**terms), prices)  # type: ignore[arg-type]


def test_a_local_model_costs_its_seconds() -> None:
    found = spent(volume=2_000)
    assert found.per_1000 == pytest.approx(1_000 * SECOND)
    assert found.once == pytest.approx(30 * SECOND)
    assert found.standing == pytest.approx(30 * SECOND / 12)
    assert found.monthly == pytest.approx(2_000 * SECOND + 30 * SECOND / 12)
    assert (found.p50_seconds, found.p95_seconds, found.completion_tokens) == (2.0, 2.0, 20.0)


def test_a_remote_model_costs_its_tokens() -> None:
    name, price = next(iter(price_table()["models"].items()))
    expected = (100 * price["input_per_million"] + 20 * price["output_per_million"]) / 1_000
    assert spent(f"openai:{name}").per_1000 == pytest.approx(expected)


def test_what_asks_no_model_costs_its_seconds_whatever_the_model() -> None:
    assert spent("openai:new", prompt=0).per_1000 == pytest.approx(1_000 * SECOND)


def test_an_unknown_price_stays_unknown_until_the_use_case_tells_it() -> None:
    found = spent("openai:new", volume=10)
    assert (found.per_1000, found.monthly) == (None, None)
    told = Economics(input_per_million=1, output_per_million=2, machine_per_hour=36)
    own = prices_for(CASE.model_copy(update={"economics": told}))
    assert (own.own, PRICES.own) == (True, False)
    assert spent("openai:new", own).per_1000 == pytest.approx((100 * 1 + 20 * 2) / 1_000)
    assert spent("pocket", own).per_1000 == pytest.approx(10)
    with pytest.raises(ValueError, match="belong together"):
        Economics(input_per_million=1)


def test_training_indexing_and_labels_are_paid_off_and_what_changes_is_paid_again() -> None:
    found = spent(index_seconds=60, labels=240, lifetime_months=24, updates=UPDATES_A_MONTH["monthly"])
    assert found.prepare_seconds == 90
    assert found.once == pytest.approx(240 + 90 * SECOND)
    assert found.standing == pytest.approx(10 + 90 * SECOND / 24 + 90 * SECOND)
    yearly = spent(updates=UPDATES_A_MONTH["yearly"])
    assert yearly.standing == pytest.approx(30 * SECOND / 12 * 2)


def test_a_worked_break_even() -> None:
    """240 a month and 1 per 1,000 against nothing a month and 5 per 1,000: from 60,000 requests on."""
    trained = replace(spent(), standing=240.0, per_1000=1.0)
    prompted = replace(spent(), standing=0.0, per_1000=5.0)
    assert break_even(trained, prompted) == break_even(prompted, trained) == pytest.approx(60_000)
    assert break_even(replace(trained, per_1000=6.0), prompted) is None
    assert break_even(replace(trained, per_1000=5.0), prompted) is None
    assert break_even(replace(trained, per_1000=None), prompted) is None


MONEY = st.floats(0.001, 1_000)


@given(MONEY, MONEY, MONEY, MONEY)
def test_at_the_break_even_both_cost_the_same_and_it_exists_only_there(
    fixed: float, each: float, fixed_too: float, each_too: float
) -> None:
    one = replace(spent(), standing=fixed, per_1000=each)
    other = replace(spent(), standing=fixed_too, per_1000=each_too)
    volume = break_even(one, other)
    if volume is None:
        assert (fixed <= fixed_too and each <= each_too) or (fixed >= fixed_too and each >= each_too)
    else:
        assert monthly(fixed, each, volume) == pytest.approx(monthly(fixed_too, each_too, volume))
