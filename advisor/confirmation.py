"""Samples that take no part in choosing, and what the chosen method scores on them.

Nothing is ever chosen by them: they are asked once, after the choice, and shown beside it.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from advisor.cascade import CASCADE, confidence, together
from advisor.copies import groups_of
from advisor.recommendation import Confirmation, Confirmed, Recommendation
from advisor.resampling import Evidence, draw
from advisor.score_sheet import ScoreSheet
from advisor.statistics import Interval, interval
from advisor.task import solved
from advisor.use_case import UseCase


def winner_and_next(sheet: ScoreSheet, chosen: str | None) -> tuple[str, ...]:
    """The recommended method and the best other one that may be taken; none where none is recommended."""
    others = [name for name in sheet.costs if name != chosen and name not in sheet.excluded]
    return () if chosen is None else (chosen, *sorted(others, key=lambda name: -sheet.scores[name])[:1])


def confirmation(
    use_case: UseCase, sheet: ScoreSheet, result: Recommendation, answers: Mapping[str, pa.Table]
) -> Confirmation | None:
    """The recommended method on the locked samples; None where there are none, or it was not asked."""
    task, asked, chosen = sheet.measured.situation.task, _asked(sheet, answers), result.recommended
    names = [name for name in winner_and_next(sheet, chosen) if name in asked]
    if chosen not in names:
        return None
    every = solved(use_case.samples, task)
    samples = [every[i] for i in asked[chosen]["sample"].to_pylist()]
    wanted = [sample.output for sample in samples]
    columns = {name: task.metric.columns(asked[name]["output"].to_pylist(), wanted) for name in names}
    strata = wanted if task.metric.name == "macro_f1" else None
    drawn = draw(Evidence(task.metric, columns, groups_of(samples), strata), use_case.seed).among(names)
    methods = tuple(
        Confirmed(method=name, score=float(score), interval=interval(resamples))
        for name, score, resamples in zip(names, drawn.observed, drawn.scores, strict=True)
    )
    return Confirmation(
        samples=len(samples),
        methods=methods,
        lead_interval=interval(drawn.scores[0] - drawn.scores[1]) if len(names) > 1 else None,
        constant_score=task.metric.score([sheet.baseline.answer] * len(wanted), wanted),
        message=_told(methods[0], len(samples), result.winner_interval),
    )


def _asked(sheet: ScoreSheet, answers: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """What answered the locked samples; a cascade where its two methods did."""
    asked, cascade = dict(answers), sheet.cascade
    if cascade and {cascade.first, cascade.second} <= asked.keys():
        first, second = asked[cascade.first], asked[cascade.second]
        unsure = confidence(first) < cascade.threshold
        rows = zip(first.to_pylist(), second.to_pylist(), unsure, strict=True)
        asked[CASCADE] = pa.Table.from_pylist(
            [together(mine, other, bool(hands_on)) for mine, other, hands_on in rows], first.schema
        )
    return asked


def _told(chosen: Confirmed, samples: int, foretold: Interval | None) -> str:
    low, high = chosen.interval
    held = "."
    if foretold:
        apart = "less than" if high < foretold[0] else "more than" if low > foretold[1] else "in line with"
        held = f": {apart} the {100 * foretold[0]:.1f} to {100 * foretold[1]:.1f} % that were expected of it."
    return (
        f"On {samples} samples that had no say in the choice, {chosen.method} scores "
        f"{100 * chosen.score:.1f} % (90 % interval {100 * low:.1f} to {100 * high:.1f}){held}"
    )
