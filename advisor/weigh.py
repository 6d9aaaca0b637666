"""From a measurement to a recommendation; no model is asked here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa

from advisor.cascade import CASCADE
from advisor.confidence_set import may_be_best
from advisor.confirmation import confirmation, winner_and_next
from advisor.decision import confidence, decide, labels_needed
from advisor.economics import break_even
from advisor.errors import ON_REQUEST, AdvisorError, Cancelled, UseCaseError
from advisor.experience import kind_of
from advisor.flips import flips
from advisor.label_advice import detectable, outlooks
from advisor.learning_curves import curves, gains, growths, is_known
from advisor.measure import Confirm
from advisor.measurement import Measurement
from advisor.prices import prices_for
from advisor.racing import dropped_in
from advisor.recommendation import Recommendation, Row
from advisor.resampling import Draws, Resampled, draw
from advisor.retrieved import retrievals
from advisor.score_sheet import ScoreSheet, score_sheet
from advisor.scoring import Floats
from advisor.statistics import Standing, standings, winner_score
from advisor.use_case import UseCase
from advisor.wording import Findings, say


def weigh(use_case: UseCase, measured: Measurement) -> Recommendation:
    """Score, cost, exclude, decide, and say it in words; see `confirmed`."""
    return confirmed(use_case, measured, lambda names: measured.confirmation)[0]


def confirmed(
    use_case: UseCase, measured: Measurement, confirm: Confirm
) -> tuple[Recommendation, Measurement]:
    """The recommendation, and the measurement with what confirms it.

    Asked are the recommended method and the next best one, once that is decided.

    Raises:
        Cancelled: stopped before any method had answered all samples.
        UseCaseError: the budget was spent before that.
        AdvisorError: every method failed; says why.

    """
    _check_measured(measured)
    sheet = score_sheet(use_case, measured)
    draws = draws_of(use_case, sheet)
    drawn = draws.among(list(sheet.costs), sheet.excluded)
    found = _find(use_case, sheet, drawn)
    result = _recommendation(use_case, sheet, found, drawn)
    asked = winner_and_next(sheet, result.recommended)
    answers = confirm(tuple(part for name in asked for part in sheet.parts(name)))
    more = {
        "flips": flips(use_case, sheet, draws, found.decision),
        **_learning(use_case, sheet, draws, drawn, found),
        "confirmation": confirmation(use_case, sheet, result, answers),
    }
    return result.model_copy(update=more), replace(measured, confirmation=answers)


def draws_of(use_case: UseCase, sheet: ScoreSheet) -> Draws:
    """Of what was measured, and what is to be believed of it after what other tasks tell."""
    measured, strata = sheet.measured, sheet.evidence.strata or [""] * len(sheet.references)
    # In the order of the sheet's outputs, which is the same whichever method is preferred.
    situation, names = measured.situation, list(sheet.outputs)
    kind = kind_of(situation.task.kind == "labels", situation.has_corpus)
    prior = measured.elsewhere.prior(names, kind, len(use_case.samples), strata, use_case.every_model)
    return draw(sheet.evidence, use_case.seed).given(prior, names, use_case.seed)


def _learning(
    use_case: UseCase, sheet: ScoreSheet, draws: Draws, drawn: Resampled, found: Findings
) -> dict[str, Any]:
    """What the methods would learn from more labelled samples, and what these are worth."""
    learned, given = growths(sheet.measured.curves, sheet.measured.learned_from, draws), len(use_case.samples)
    allowed = [drawn.names[m] for m in drawn.allowed]

    def gained(times: float) -> Floats:
        return gains(learned, allowed, times * given)

    known = gained if learned and is_known(learned, allowed) else None
    return {
        "curves": curves(learned, drawn, found.decision.recommended, use_case.margin, given),
        "outlooks": outlooks(drawn, use_case.margin, found.samples, known),
    }


def _check_measured(measured: Measurement) -> None:
    if measured.tensor:
        return
    if measured.stopped == ON_REQUEST:
        raise Cancelled("stopped before any method was measured; nothing can be recommended yet")
    if measured.stopped:
        told = f"{measured.stopped} before any method was measured; give more, and what is finished is kept"
        raise UseCaseError("budget", told)
    told = "; ".join(f"{name}: {reason}" for name, reason in measured.failed.items())
    raise AdvisorError(f"no method could be measured ({told}); mend this and run it again")


def _find(use_case: UseCase, sheet: ScoreSheet, drawn: Resampled) -> Findings:
    standing = standings(drawn, use_case.margin)
    return Findings(
        decision=decide(standing, sheet.excluded, use_case.margin),
        standings=standing,
        metric=sheet.measured.situation.task.metric.name,
        samples=len(sheet.references),
        given_samples=len(use_case.samples),
        locked=sheet.measured.locked,
        prefer=use_case.economics.prefer,
        labels_needed=labels_needed(drawn, use_case.margin, sheet.excluded, len(sheet.references)),
        excluded=sheet.excluded,
        failed=sheet.measured.failed,
        dropped=tuple(sheet.measured.dropped),
        stopped=sheet.measured.stopped,
        cautions=sheet.cautions,
        constant=(sheet.baseline.answer, sheet.baseline.score),
    )


def _recommendation(
    use_case: UseCase, sheet: ScoreSheet, found: Findings, drawn: Resampled
) -> Recommendation:
    measured, margin, chosen = sheet.measured, use_case.margin, found.decision.recommended
    winner = winner_score(drawn, margin, chosen, dropped_in(drawn, margin)) if chosen else None
    in_set, prices = may_be_best(drawn), prices_for(use_case)
    return Recommendation(
        name=use_case.name,
        description=use_case.description,
        status="partial" if measured.stopped else "complete",
        stopped=measured.stopped,
        verdict=found.decision.verdict,
        recommended=chosen,
        confidence=confidence(found.decision, bool(found.failed)),
        sentence=say(found),
        winner_score=winner[0] if winner else None,
        winner_interval=winner[1] if winner else None,
        labels_needed=found.labels_needed,
        detectable=detectable(drawn, margin, chosen) if chosen else None,
        knowledge_share=sheet.knowledge_share,
        constant_answer=sheet.baseline.answer,
        constant_score=sheet.baseline.score,
        rows=tuple(
            _row(name, sheet, found.standings[name], in_set.get(name), chosen) for name in sheet.costs
        ),
        retrievals=tuple(retrievals(sheet)),
        not_run=measured.not_run | measured.failed | dict(measured.dropped),
        dropped=tuple(measured.dropped),
        failed=tuple(measured.failed),
        cases=sheet.cases,
        audit=sheet.audit,
        kind=measured.situation.task.kind,
        metric=found.metric,
        margin=margin,
        samples=found.samples,
        given_samples=found.given_samples,
        locked=measured.locked,
        documents=measured.documents,
        folds=measured.folds,
        model=use_case.model,
        models=use_case.models,
        cascade=sheet.cascade,
        preset=use_case.preset,
        seed=use_case.seed,
        constraints=use_case.constraints,
        economics=use_case.economics,
        currency=prices.currency,
        prices_as_of=prices.as_of,
        own_prices=prices.own,
        seconds=sum(_seconds(sheet.rows(name)) for name in sheet.outputs if name != CASCADE),
    )


def _row(name: str, sheet: ScoreSheet, standing: Standing, in_set: float | None, chosen: str | None) -> Row:
    spent, table, found = sheet.costs[name], sheet.rows(name), sheet.constraints[name]
    return Row(
        method=name,
        family=sheet.family(name),
        score=standing.score,
        interval=standing.interval,
        deficit=standing.deficit,
        deficit_interval=standing.deficit_interval,
        p_best=None if found.excluded else standing.p_best,
        p_within_margin=None if found.excluded else standing.p_within_margin,
        p_may_be_best=in_set,
        p_holm=standing.p_holm,
        expected_loss=standing.expected_loss,
        cost_per_1000=spent.per_1000,
        once_cost=spent.once,
        break_even=break_even(spent, sheet.costs[chosen]) if chosen else None,
        monthly_cost=spent.monthly,
        prepare_seconds=spent.prepare_seconds,
        p50_seconds=spent.p50_seconds,
        p95_seconds=spent.p95_seconds,
        prompt_tokens=spent.prompt_tokens,
        completion_tokens=spent.completion_tokens,
        excluded=found.excluded,
        caution=found.caution,
        dropped=sheet.measured.dropped.get(name),
        too_long=sum(table["too_long"].to_pylist()),
        unlearned=max(table["unlearned"].to_pylist()),
    )


def _seconds(table: pa.Table) -> float:
    """Computing time of a method: each fold's preparation once, and every answer."""
    prepared = dict(zip(table["fold"].to_pylist(), table["prepare_seconds"].to_pylist(), strict=True))
    return float(sum(prepared.values()) + sum(table["seconds"].to_pylist()))
