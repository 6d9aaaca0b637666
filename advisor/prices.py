"""The prices that costs are computed with: this package's dated table, and what the use case says instead."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from advisor.use_case import UseCase
from generation.catalog import is_remote

TABLE = Path(__file__).parent / "prices.json"


@dataclass(frozen=True, slots=True)
class Prices:
    """Money in one currency."""

    currency: str
    as_of: str
    """Day on which the table's list prices were noted."""
    machine_per_hour: float
    models: Mapping[str, tuple[float, float]]
    """Remote model -> money per million tokens read, and per million written."""
    own: bool
    """Some of them were told by the use case."""


@cache
def price_table() -> Any:
    """The table as it is in the file."""
    return json.loads(TABLE.read_text("utf-8"))


def prices_for(use_case: UseCase) -> Prices:
    """The table's prices, and above them those that the use case names."""
    table, told = price_table(), use_case.economics
    models = {
        name: (float(price["input_per_million"]), float(price["output_per_million"]))
        for name, price in table["models"].items()
    }
    if told.input_per_million is not None and told.output_per_million is not None:
        remote = next(filter(is_remote, use_case.every_model), use_case.model)
        models[remote.removeprefix("openai:")] = (told.input_per_million, told.output_per_million)
    return Prices(
        currency=table["currency"],
        as_of=table["as_of"],
        machine_per_hour=float(table["machine_per_hour"])
        if told.machine_per_hour is None
        else told.machine_per_hour,
        models=models,
        own=told.machine_per_hour is not None or told.input_per_million is not None,
    )
