"""From a measurement to a recommendation; no model is asked here."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from advisor.decision import Decision, broken_constraint, decide
from advisor.economics import Cost, cost, prices
from advisor.errors import Cancelled
from advisor.folds import FOLDS
from advisor.measure import Measurement
from advisor.methods import METHODS
from advisor.recommendation import Case, Recommendation, Row
from advisor.statistics import Resampled, Standing, resample, samples_to_tell_apart, standings, winner_score
from advisor.use_case import UseCase
from advisor.wording import say

FAMILY = {m.name: m.family for m in METHODS}


def weigh(use_case: UseCase, measured: Measurement) -> Recommendation:
    """Score, cost, exclude, decide, and say it in words.

    Raises:
        Cancelled: no method has answered all samples yet.

    """
    if not measured.tensor:
        raise Cancelled("stopped before any method was measured; nothing can be recommended yet")
    task = measured.situation.task
    references = [s.output for s in measured.samples]
    outputs = {name: table["output"].to_pylist() for name, table in measured.tensor.items()}
    columns = {name: task.metric.columns(said, references) for name, said in outputs.items()}
    drawn = resample(columns, task.metric, use_case.seed)
    costs = {
        n: cost(t, use_case.model, use_case.constraints.monthly_volume) for n, t in measured.tensor.items()
    }
    excluded = _excluded(use_case, measured, drawn, costs)
    standing = standings(drawn, use_case.margin, excluded)
    decision = decide(standing, excluded)
    corrected = winner_score(drawn, excluded) if decision.recommended else (None, None)
    needed = _labels_needed(drawn, decision, use_case.margin, len(references))
    return Recommendation(
        name=use_case.name,
        description=use_case.description,
        status="complete" if measured.complete else "partial",
        verdict=decision.verdict,
        recommended=decision.recommended,
        sentence=say(decision, standing, excluded, task.metric.name, needed),
        winner_score=corrected[0],
        winner_interval=corrected[1],
        labels_needed=needed,
        rows=tuple(_row(name, standing[name], costs[name], excluded.get(name)) for name in drawn.names),
        not_run=measured.not_run,
        cases=_cases(measured, outputs),
        kind=task.kind,
        metric=task.metric.name,
        margin=use_case.margin,
        samples=len(references),
        given_samples=len(use_case.samples),
        documents=len(use_case.corpus or ()),
        folds=FOLDS,
        model=use_case.model,
        preset=use_case.preset,
        seed=use_case.seed,
        constraints=use_case.constraints,
        currency=prices()["currency"],
        prices_as_of=prices()["as_of"],
        seconds=sum(_seconds(table) for table in measured.tensor.values()),
    )


def _excluded(
    use_case: UseCase, measured: Measurement, drawn: Resampled, costs: Mapping[str, Cost]
) -> dict[str, str]:
    has_facts = use_case.corpus is not None and measured.situation.task.kind != "labels"
    reasons = {
        name: broken_constraint(
            float(score), costs[name], has_facts and FAMILY[name] == "fine-tuning", use_case.constraints
        )
        for name, score in zip(drawn.names, drawn.observed, strict=True)
    }
    return {name: reason for name, reason in reasons.items() if reason}


def _labels_needed(drawn: Resampled, decision: Decision, margin: float, n: int) -> int | None:
    """Samples that would tell the recommended method from the leader, or from the runner-up."""
    if decision.verdict != "undecided_label_more" or decision.recommended is None or decision.leader is None:
        return None
    other = decision.leader
    if other == decision.recommended:
        score = dict(zip(drawn.names, drawn.observed, strict=True))
        others = [name for name in decision.equally_good if name != other] or [
            name for name in drawn.names if name != other
        ]
        other = max(others, key=lambda name: score[name])
    return samples_to_tell_apart(drawn, decision.recommended, other, margin, n)


def _row(name: str, standing: Standing, spent: Cost, excluded: str | None) -> Row:
    return Row(
        method=name,
        family=FAMILY[name],
        score=standing.score,
        interval=standing.interval,
        deficit=standing.deficit,
        deficit_interval=standing.deficit_interval,
        p_best=None if excluded else standing.p_best,
        p_within_margin=None if excluded else standing.p_within_margin,
        cost_per_1000=spent.per_1000,
        monthly_cost=spent.monthly,
        prepare_seconds=spent.prepare_seconds,
        p50_seconds=spent.p50_seconds,
        p95_seconds=spent.p95_seconds,
        prompt_tokens=spent.prompt_tokens,
        completion_tokens=spent.completion_tokens,
        excluded=excluded,
    )


def _cases(measured: Measurement, outputs: Mapping[str, list[str]]) -> tuple[Case, ...]:
    metric = measured.situation.task.metric
    references = [s.output for s in measured.samples]
    scores = {name: metric.per_sample(said, references) for name, said in outputs.items()}
    return tuple(
        Case(
            input=sample.input,
            reference=sample.output,
            outputs={name: said[i] for name, said in outputs.items()},
            scores={name: float(score[i]) for name, score in scores.items()},
        )
        for i, sample in enumerate(measured.samples)
    )


def _seconds(table: pa.Table) -> float:
    """Computing time of a method: each fold's preparation once, and every answer."""
    prepared = dict(zip(table["fold"].to_pylist(), table["prepare_seconds"].to_pylist(), strict=True))
    return float(sum(prepared.values()) + sum(table["seconds"].to_pylist()))
