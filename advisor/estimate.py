"""What a recommendation will take, before it starts. Loads no model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from advisor.economics import by_tokens
from advisor.errors import UseCaseError
from advisor.folds import FOLDS, MOST_SAMPLES, PROBES, locked_count
from advisor.growing import parts_of
from advisor.methods import METHODS, Candidate, Method, Situation, candidates
from advisor.pace import (
    EMBEDDING,
    LOAD_SECONDS,
    answer_seconds,
    answer_tokens,
    corpus_words,
    embedding_seconds,
    index_seconds,
    prepare_seconds,
    prompt_tokens,
    searching,
    timing_seconds,
)
from advisor.prices import prices_for
from advisor.task import understand
from advisor.use_case import UseCase
from generation.catalog import is_remote

CONFIRMED = 2
"""Methods that are asked about the locked samples; which ones is not known before, so the dearest count."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Rough figures for the shipped model on one core."""

    methods: tuple[str, ...]
    not_run: dict[str, str]
    trials: int
    samples: int
    seconds: int
    calls: int
    """Answers of a language model."""
    money: float | None
    """In the price table's currency; None where a remote model has no price."""


def situation_of(use_case: UseCase) -> Situation:
    """What the methods need to know to say whether they apply."""
    return Situation(
        task=understand(use_case),
        model=use_case.model,
        preset=use_case.preset,
        has_corpus=use_case.corpus is not None,
        data_may_leave=use_case.constraints.data_may_leave,
        corpus_words=corpus_words(use_case),
        models=use_case.models,
    )


def applicable(situation: Situation) -> tuple[list[Candidate], dict[str, str]]:
    """The candidates that can be measured, and why the others cannot.

    Raises:
        UseCaseError: none can.
    """
    models = situation.models or (situation.model,)
    every = candidates(METHODS, models)
    not_run = {one.name: reason for one in every if (reason := one.why_not(situation))}
    if len(not_run) == len(every):
        told = "; ".join(f"{name}: {reason}" for name, reason in not_run.items())
        raise UseCaseError("model", f"no method can be measured with {', '.join(models)} ({told})")
    return [one for one in every if one.name not in not_run], not_run


def estimate(use_case: UseCase) -> Estimate:
    """Methods, trials and seconds of a use case.

    Raises:
        UseCaseError: no method can be measured.
    """
    situation = situation_of(use_case)
    runnable, not_run = applicable(situation)
    every = len(use_case.samples)
    locked = locked_count(every)
    n = min(every - locked, MOST_SAMPLES[use_case.preset])
    seconds = LOAD_SECONDS + index_seconds(use_case)
    if any(c.method.name in EMBEDDING for c in runnable):
        seconds += embedding_seconds(use_case)
    learned = every - locked - n // FOLDS
    confirming = []
    for name, method in ((c.name, c.method) for c in runnable):
        prepare, answer = prepare_seconds(method, use_case, learned), answer_seconds(method, use_case)
        seconds += FOLDS * prepare + n * answer + timing_seconds(method, use_case)
        for part in parts_of(name, use_case.preset, learned):
            seconds += FOLDS * prepare_seconds(method, use_case, learned // part) + n * answer
        confirming.append(prepare + locked * answer if locked else 0.0)
    seconds += sum(sorted(confirming)[-CONFIRMED:])
    calls = {
        c: _calls(c.method, use_case, n, learned) + n * len(parts_of(c.name, use_case.preset, learned))
        for c in runnable
        if c.asks_model
    }
    for c in sorted(calls, key=lambda c: calls[c])[-CONFIRMED:] if locked else ():
        calls[c] += locked + _calls(c.method, use_case, 0, learned) // FOLDS
    return Estimate(
        methods=tuple(c.name for c in runnable),
        not_run=not_run,
        trials=FOLDS * len(runnable),
        samples=n,
        seconds=round(seconds),
        calls=sum(calls.values()),
        money=_money(use_case, calls, seconds),
    )


def _calls(method: Method, use_case: UseCase, n: int, learned: int) -> int:
    return n + FOLDS * (1 + ceil(PROBES / FOLDS) + searching(method, use_case.preset, learned))


def _money(use_case: UseCase, calls: Mapping[Candidate, int], seconds: float) -> float | None:
    """Tokens times prices where a remote model answers, else seconds times the price of the machine."""
    prices, money = prices_for(use_case), 0.0
    remote = [c for c in calls if is_remote(c.model)]
    for candidate in remote:
        per_1000 = by_tokens(
            prices.models.get(candidate.model.removeprefix("openai:")),
            prompt_tokens(candidate.method, use_case),
            answer_tokens(use_case),
        )
        if per_1000 is None:
            return None
        money += calls[candidate] * per_1000 / 1000
    return money if remote else seconds * prices.machine_per_hour / 3600
