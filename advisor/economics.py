"""What a method costs: measured seconds and tokens times prices, once, each month and each request."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from advisor.prices import Prices
from generation.catalog import is_remote

UPDATES_A_MONTH = {"never": 0.0, "yearly": 1 / 12, "monthly": 1.0, "weekly": 52 / 12, "daily": 365 / 12}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a method's cost depends on besides its answers."""

    volume: int | None = None
    """Requests a month."""
    updates: float = 0.0
    """How often a month it is prepared again."""
    index_seconds: float = 0.0
    """To index the corpus, for a method that searches it."""
    labels: float = 0.0
    """Money for the samples that it learns from."""
    lifetime_months: float = 12.0
    """Over which what is paid once is spread."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Money in the price table's currency, seconds on the measuring machine."""

    per_1000: float | None
    """Money per 1,000 requests; None where the model's price is not known."""
    once: float
    """Training, indexing and labels."""
    standing: float
    """A month, without any request: what is paid once over its lifetime, and preparing again."""
    monthly: float | None
    """At the given volume; None where price or volume is not known."""
    prepare_seconds: float
    """Training and indexing."""
    p50_seconds: float
    p95_seconds: float
    prompt_tokens: float
    """Mean per request."""
    completion_tokens: float
    """Mean per request."""

    def at(self, per_1000: float | None, volume: int | None) -> Cost:
        """The same at another price for 1,000 requests."""
        if per_1000 is None or volume is None:
            return replace(self, per_1000=per_1000, monthly=None)
        return replace(self, per_1000=per_1000, monthly=monthly(self.standing, per_1000, volume))


def cost(rows: pa.Table, model: str, terms: Terms, prices: Prices) -> Cost:
    """The cost of a method from its measured rows."""
    latencies = rows["latency"].drop_null().to_numpy()
    prompt, completion = (float(np.mean(rows[c])) for c in ("prompt_tokens", "completion_tokens"))
    second = prices.machine_per_hour / 3600
    prepare = float(np.mean(rows["prepare_seconds"])) + terms.index_seconds
    once = prepare * second + terms.labels
    standing = once / terms.lifetime_months + terms.updates * prepare * second
    if is_remote(model) and prompt:
        per_1000 = by_tokens(prices.models.get(model.removeprefix("openai:")), prompt, completion)
    else:
        per_1000 = 1000 * float(np.mean(rows["seconds"])) * second
    return Cost(
        per_1000=per_1000,
        once=once,
        standing=standing,
        monthly=None
        if terms.volume is None or per_1000 is None
        else monthly(standing, per_1000, terms.volume),
        prepare_seconds=prepare,
        p50_seconds=float(np.quantile(latencies, 0.5)),
        p95_seconds=float(np.quantile(latencies, 0.95)),
        prompt_tokens=prompt,
        completion_tokens=completion,
    )


def monthly(standing: float, per_1000: float, volume: float) -> float:
    """Money a month at that volume."""
    return standing + volume / 1000 * per_1000


def break_even(one: Cost, other: Cost) -> float | None:
    """Requests a month from which the one with the lower price per request is cheaper.

    None where the lines do not cross at any volume, or a price is not known.
    """
    if one.per_1000 is None or other.per_1000 is None or one.per_1000 == other.per_1000:
        return None
    volume = 1000 * (other.standing - one.standing) / (one.per_1000 - other.per_1000)
    return volume if volume > 0 else None


def by_tokens(price: tuple[float, float] | None, prompt: float, completion: float) -> float | None:
    """Money per 1,000 requests of so many tokens, at prices per million; None where there is no price."""
    return None if price is None else (prompt * price[0] + completion * price[1]) / 1000
