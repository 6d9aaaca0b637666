"""What a method costs: measured seconds and tokens times the dated price table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from generation.catalog import is_remote

PRICES = Path(__file__).parent / "prices.json"
UPDATES_A_MONTH = {"never": 0.0, "yearly": 1 / 12, "monthly": 1.0, "weekly": 52 / 12, "daily": 365 / 12}


@dataclass(frozen=True, slots=True)
class Cost:
    """Money in the price table's currency, seconds on the measuring machine."""

    per_1000: float | None
    """Money per 1,000 requests; None where the model's price is not known."""
    monthly: float | None
    """At the given volume, with training again as often as facts change; None where price or volume is not
    known."""
    prepare_seconds: float
    p50_seconds: float
    p95_seconds: float
    prompt_tokens: float
    """Mean per request."""
    completion_tokens: float
    """Mean per request."""


@cache
def prices() -> Any:
    """The price table: currency, date, machine and model prices."""
    return json.loads(PRICES.read_text("utf-8"))


def cost(rows: pa.Table, model: str, volume: int | None, updates: float = 0.0) -> Cost:
    """The cost of a method from its measured rows; `updates` is how often a month it is prepared again."""
    latencies = rows["latency"].drop_null().to_numpy()
    prompt, completion = (float(np.mean(rows[c])) for c in ("prompt_tokens", "completion_tokens"))
    prepare = float(np.mean(rows["prepare_seconds"]))
    per_1000 = _per_1000(model if prompt else "", prompt, completion, float(np.mean(rows["seconds"])))
    return Cost(
        per_1000=per_1000,
        monthly=_monthly(per_1000, volume, updates * prepare * _machine()),
        prepare_seconds=prepare,
        p50_seconds=float(np.quantile(latencies, 0.5)),
        p95_seconds=float(np.quantile(latencies, 0.95)),
        prompt_tokens=prompt,
        completion_tokens=completion,
    )


def _monthly(per_1000: float | None, volume: int | None, upkeep: float) -> float | None:
    return None if volume is None or per_1000 is None else volume / 1000 * per_1000 + upkeep


def _per_1000(model: str, prompt: float, completion: float, seconds: float) -> float | None:
    if not is_remote(model):
        return 1000 * seconds * _machine()
    price = prices()["models"].get(model.removeprefix("openai:"))
    if price is None:
        return None
    return float(prompt * price["input_per_million"] + completion * price["output_per_million"]) / 1000


def _machine() -> float:
    return float(prices()["machine_per_hour"]) / 3600
