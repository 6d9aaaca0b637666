"""A measurement as columns: answers, scores, and what every method costs and may not cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from advisor.audit import Finding as Odd
from advisor.baseline import Constant, constant
from advisor.constraints import Finding, examine
from advisor.copies import groups_of
from advisor.economics import UPDATES_A_MONTH, Cost, Terms, cost
from advisor.measure import Measurement
from advisor.methods import METHODS
from advisor.prices import prices_for
from advisor.recommendation import Case
from advisor.resampling import Evidence
from advisor.scoring import Floats
from advisor.suspects import suspected
from advisor.use_case import UseCase

FAMILY = {m.name: m.family for m in METHODS}
LEARNS = {m.name: m.learns for m in METHODS}
SEARCHING = ("retrieval", "both")


@dataclass(frozen=True, slots=True)
class ScoreSheet:
    """What is known of each method before anything is weighed; the method to be preferred first."""

    measured: Measurement
    references: list[str]
    outputs: Mapping[str, list[str]]
    columns: Mapping[str, Floats]
    """The metric's additive columns of each method."""
    scores: Mapping[str, float]
    groups: list[int]
    """Of each sample; equal for those that are one case."""
    baseline: Constant
    costs: Mapping[str, Cost]
    constraints: Mapping[str, Finding]

    @property
    def excluded(self) -> dict[str, str]:
        """Method -> the constraint that it breaks."""
        return {name: found.excluded for name, found in self.constraints.items() if found.excluded}

    @property
    def cautions(self) -> dict[str, str]:
        """Method -> a constraint that it may break."""
        return {name: found.caution for name, found in self.constraints.items() if found.caution}

    @property
    def evidence(self) -> Evidence:
        """What is resampled; macro F1 within each label, since its value hangs on rare ones."""
        metric = self.measured.situation.task.metric
        return Evidence(
            metric=metric,
            columns={name: self.columns[name] for name in self.costs},
            groups=self.groups,
            strata=self.references if metric.name == "macro_f1" else None,
            constant=self.baseline.columns,
        )

    @property
    def audit(self) -> tuple[Odd, ...]:
        """What is odd about the samples, now that they are answered."""
        suspects = suspected(self.references, self.outputs, self.scores, FAMILY, self.numbers)
        return (*self.measured.audit, *suspects)

    @property
    def numbers(self) -> list[int]:
        """Of the scored samples, as handed in, from 1."""
        table = next(iter(self.measured.tensor.values()))
        return [i + 1 for i in table["sample"].to_pylist()]

    @property
    def cases(self) -> tuple[Case, ...]:
        """Every sample with every method's answer and score."""
        value = self.measured.situation.task.metric.value
        scores = {name: value(columns) for name, columns in self.columns.items()}
        numbers = self.numbers
        return tuple(
            Case(
                number=numbers[i],
                input=sample.input,
                reference=sample.output,
                outputs={name: said[i] for name, said in self.outputs.items()},
                scores={name: float(score[i]) for name, score in scores.items()},
            )
            for i, sample in enumerate(self.measured.samples)
        )

    @property
    def knowledge_share(self) -> float | None:
        """What searching the documents gains over the best method that does not."""
        situation = self.measured.situation
        searched = [score for name, score in self.scores.items() if FAMILY[name] in SEARCHING]
        closed = [score for name, score in self.scores.items() if FAMILY[name] not in SEARCHING]
        told = situation.has_corpus and situation.task.kind != "labels" and searched and closed
        return max(searched) - max(closed) if told else None

    def under(self, use_case: UseCase) -> ScoreSheet:
        """The same answers under the constraints and prices of this use case."""
        costs, constraints = {}, {}
        for name in self.outputs:
            costs[name] = _cost(use_case, self.measured, name)
            keeps_facts = keeps_facts_in_weights(self.measured, name)
            constraints[name] = examine(self.scores[name], costs[name], keeps_facts, use_case.constraints)
        if use_case.economics.prefer == "cheapest":
            costs = dict(sorted(costs.items(), key=lambda item: _price(item[1])))
        return replace(self, costs=costs, constraints=constraints)


def score_sheet(use_case: UseCase, measured: Measurement) -> ScoreSheet:
    """Score and cost every method and hold it against the constraints."""
    task, references = measured.situation.task, [s.output for s in measured.samples]
    outputs = {name: table["output"].to_pylist() for name, table in measured.tensor.items()}
    columns = {name: task.metric.columns(said, references) for name, said in outputs.items()}
    scores = {name: float(task.metric.value(c.sum(axis=0))) for name, c in columns.items()}
    groups = groups_of(measured.samples)
    lazy = constant(references, groups, task.metric, decided=task.kind == "labels")
    return ScoreSheet(measured, references, outputs, columns, scores, groups, lazy, {}, {}).under(use_case)


def keeps_facts_in_weights(measured: Measurement, method: str) -> bool:
    """Whether facts that stand in the documents are trained into the method."""
    situation = measured.situation
    return situation.has_corpus and situation.task.kind != "labels" and FAMILY[method] == "fine-tuning"


def _cost(use_case: UseCase, measured: Measurement, method: str) -> Cost:
    limits, told, searches = use_case.constraints, use_case.economics, FAMILY[method] in SEARCHING
    stale = searches or keeps_facts_in_weights(measured, method)
    terms = Terms(
        volume=limits.monthly_volume,
        updates=UPDATES_A_MONTH[limits.knowledge_changes] if stale else 0.0,
        index_seconds=measured.index_seconds if searches else 0.0,
        labels=told.per_label * len(use_case.samples) if LEARNS[method] else 0.0,
        lifetime_months=told.lifetime_months,
    )
    return cost(measured.tensor[method], use_case.model, terms, prices_for(use_case))


def _price(spent: Cost) -> tuple[bool, float]:
    """Cheapest first; what has no price last."""
    known = spent.per_1000 if spent.monthly is None else spent.monthly
    return known is None, known or 0.0
