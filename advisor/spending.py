"""What measuring has taken so far, and whether the budget has room for more."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from advisor.counted import counted
from advisor.economics import by_tokens
from advisor.errors import UseCaseError
from advisor.methods import method_name, model_name
from advisor.methods.prompt_search import PromptSearch, race_answers
from advisor.prices import Prices, prices_for
from advisor.trials import Trial, calls_of
from advisor.use_case import Budget, UseCase
from generation.catalog import is_remote


@dataclass(frozen=True, slots=True)
class Spent:
    """Computing seconds, money in the price table's currency, and answers of a language model."""

    seconds: float = 0.0
    money: float = 0.0
    calls: int = 0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.seconds + other.seconds, self.money + other.money, self.calls + other.calls)

    def beyond(self, budget: Budget) -> str | None:
        """The first part of the budget that this exceeds, in words, or None."""
        for name, unit in (("seconds", "second"), ("money", None), ("calls", "call")):
            most = getattr(budget, name)
            if most is not None and getattr(self, name) > most:
                return counted(most, unit) if unit else f"{most:,g} in money"
        return None


class Purse:
    """Pays for trials out of a budget; those that were finished in an earlier call count too."""

    def __init__(self, use_case: UseCase, spent: Spent) -> None:
        self.spent = spent
        self._budget, self._model, self._prices = use_case.budget, use_case.model, prices_for(use_case)
        self._preset = use_case.preset
        self._dearest: dict[str, Spent] = defaultdict(Spent)
        if use_case.budget.money is not None:
            _check_prices(use_case, self._prices)

    def lacks(self, trial: Trial, running_seconds: float = 0.0) -> str | None:
        """The part of the budget that this trial would exceed, or None; the method's dearest one tells."""
        known = self._dearest[trial.method.name]
        needed = Spent(max(known.seconds, running_seconds), known.money, self._calls(trial))
        return (self.spent + needed).beyond(self._budget)

    def pay(self, trial: Trial, rows: pa.Table) -> None:
        """A trial is finished."""
        paid, name = self._price(trial, rows), trial.method.name
        known = self._dearest[name]
        self._dearest[name] = Spent(max(known.seconds, paid.seconds), max(known.money, paid.money))
        self.spent += paid

    def _calls(self, trial: Trial) -> int:
        """What the trial asks, and what preparing it did."""
        searches = method_name(trial.method.name) == PromptSearch.name
        learned = len(trial.split.train)
        return calls_of(trial) + (race_answers(self._preset, learned) if searches else 0)

    def _price(self, trial: Trial, rows: pa.Table) -> Spent:
        seconds = rows["prepare_seconds"][0].as_py() + _sum(rows, "seconds") + _sum(rows, "latency")
        model, calls = model_name(trial.method.name) or self._model, self._calls(trial)
        if not (is_remote(model) and calls):
            return Spent(seconds, seconds * self._prices.machine_per_hour / 3600, calls)
        tokens = (_sum(rows, name) * calls / rows.num_rows for name in ("prompt_tokens", "completion_tokens"))
        per_1000 = by_tokens(self._prices.models.get(model.removeprefix("openai:")), *tokens) or 0.0
        return Spent(seconds, per_1000 / 1000, calls)


def _check_prices(use_case: UseCase, prices: Prices) -> None:
    for model in use_case.every_model:
        if is_remote(model) and model.removeprefix("openai:") not in prices.models:
            raise UseCaseError(
                "budget.money",
                f"{model} has no price in the price table, so money cannot be counted: name "
                "input_per_million and output_per_million under economics, or give a budget in calls",
            )


def _sum(rows: pa.Table, column: str) -> float:
    return float(np.sum(rows[column].drop_null().to_numpy()))
