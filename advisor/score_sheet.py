"""A measurement as columns: answers, scores, and what every method costs and may not cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from advisor.audit import Finding as Odd
from advisor.baseline import Constant, constant
from advisor.cascade import CASCADE, Arms, Cascade
from advisor.constraints import Finding, examine
from advisor.copies import groups_of
from advisor.economics import UPDATES_A_MONTH, Cost, Terms, cost
from advisor.growing import part_of
from advisor.leavers import answers_of_leavers, looks
from advisor.measurement import Measurement
from advisor.methods import METHODS, candidates, method_of, model_name
from advisor.prices import prices_for
from advisor.recommendation import Case
from advisor.resampling import Booleans, Evidence, observed
from advisor.statistics import TIE
from advisor.suspects import suspected
from advisor.use_case import UseCase

SEARCHING = ("retrieval", "both")


@dataclass(frozen=True, slots=True)
class ScoreSheet:
    """What is known of each method before anything is weighed; the method to be preferred first."""

    measured: Measurement
    references: list[str]
    outputs: Mapping[str, list[str]]
    evidence: Evidence
    """What is resampled; macro F1 within each label, since its value hangs on rare ones."""
    scores: Mapping[str, float]
    groups: list[int]
    """Of each sample; equal for those that are one case."""
    baseline: Constant
    costs: Mapping[str, Cost]
    constraints: Mapping[str, Finding]
    cascade: Cascade | None = None
    """Among the methods, where one can be made of them."""

    @property
    def excluded(self) -> dict[str, str]:
        """Method -> the constraint that it breaks."""
        return {name: found.excluded for name, found in self.constraints.items() if found.excluded}

    @property
    def cautions(self) -> dict[str, str]:
        """Method -> a constraint that it may break."""
        return {name: found.caution for name, found in self.constraints.items() if found.caution}

    @property
    def audit(self) -> tuple[Odd, ...]:
        """What is odd about the samples, now that they are answered."""
        own = {name: self.outputs[name] for name in self.measured.tensor if name != CASCADE}
        families = {name: self.family(name) for name in own}
        scores = {name: self.scores[name] for name in own}
        suspects = suspected(self.references, own, scores, families, self.numbers)
        return (*self.measured.audit, *suspects)

    @property
    def numbers(self) -> list[int]:
        """Of the scored samples, as handed in, from 1."""
        table = next(iter(self.measured.tensor.values()))
        return [i + 1 for i in table["sample"].to_pylist()]

    @property
    def cases(self) -> tuple[Case, ...]:
        """Every sample with every method's answer and score."""
        value, numbers = self.evidence.metric.value, self.numbers
        everywhere = np.ones(len(numbers), bool)
        seen = {name: self.evidence.seen.get(name, everywhere) for name in self.outputs}
        scores = {name: np.zeros(len(numbers)) for name in self.outputs}
        for name, columns in self.evidence.columns.items():
            scores[name][seen[name]] = value(columns[seen[name]])
        return tuple(
            Case(
                number=numbers[i],
                input=sample.input,
                reference=sample.output,
                outputs={name: said[i] for name, said in self.outputs.items() if seen[name][i]},
                scores={name: float(score[i]) for name, score in scores.items() if seen[name][i]},
            )
            for i, sample in enumerate(self.measured.samples)
        )

    @property
    def knowledge_share(self) -> float | None:
        """What searching the documents gains over the best method that does not."""
        situation = self.measured.situation
        searched = [score for name, score in self.scores.items() if self.searches(name)]
        closed = [score for name, score in self.scores.items() if not self.searches(name)]
        told = situation.has_corpus and situation.task.kind != "labels" and searched and closed
        return max(searched) - max(closed) if told else None

    def rows(self, name: str) -> pa.Table:
        """What was measured of a method."""
        measured = self.measured
        return measured.tensor[name] if name in measured.tensor else measured.partly[name]

    def parts(self, name: str) -> tuple[str, ...]:
        """The methods that a cascade asks; of any other, itself."""
        return (self.cascade.first, self.cascade.second) if self.cascade and name == CASCADE else (name,)

    def family(self, name: str) -> str:
        """The road that a method takes."""
        return CASCADE if name == CASCADE else method_of(name).family

    def searches(self, name: str) -> bool:
        """Whether it shows documents."""
        return any(method_of(part).family in SEARCHING for part in self.parts(name))

    def keeps_facts_in_weights(self, name: str) -> bool:
        """Whether facts that stand in the documents are trained into it."""
        situation = self.measured.situation
        trained = any(method_of(part).family == "fine-tuning" for part in self.parts(name))
        return situation.has_corpus and situation.task.kind != "labels" and trained

    def under(self, use_case: UseCase) -> ScoreSheet:
        """The same answers under the constraints and prices of this use case."""
        costs: dict[str, Cost] = {}
        for name in self.outputs:
            costs[name] = self._cost(use_case, name, costs)
        constraints = {
            name: examine(self.scores[name], costs[name], self.keeps_facts_in_weights(name), limits)
            for limits in [use_case.constraints]
            for name in costs
        }
        if part := self._as_good_part(use_case, costs, constraints):
            told = f"it is made of {part}, and not better by more than the margin: no rival to it"
            constraints[CASCADE] = Finding(told)
        if use_case.economics.prefer == "cheapest":
            costs = dict(sorted(costs.items(), key=lambda item: _price(item[1])))
        columns = {name: self.evidence.columns[name] for name in costs}
        evidence = replace(self.evidence, columns=columns)
        return replace(self, evidence=evidence, costs=costs, constraints=constraints)

    @property
    def lead_of_cascade(self) -> list[float]:
        """What a cascade scores more than each of its methods: with a smaller margin it is a rival to it."""
        own = self.scores.get(CASCADE, 0.0)
        return [lead for name in self.parts(CASCADE) if (lead := own - self.scores.get(name, own)) > 0]

    def _as_good_part(
        self, use_case: UseCase, costs: Mapping[str, Cost], constraints: Mapping[str, Finding]
    ) -> str | None:
        """The method of a cascade that does as well alone: about as good, and as cheap where that counts."""
        parts = [name for name in self.parts(CASCADE) if name in costs and not constraints[name].excluded]
        if self.cascade is None or not parts:
            return None
        best = max(parts, key=lambda name: self.scores[name])
        is_better = self.scores[CASCADE] > self.scores[best] + use_case.margin + TIE
        is_cheaper = use_case.economics.prefer == "cheapest" and _price(costs[CASCADE]) < _price(costs[best])
        return None if is_better or is_cheaper or constraints[CASCADE].excluded else best

    def _cost(self, use_case: UseCase, name: str, known: Mapping[str, Cost]) -> Cost:
        """What the method costs; a cascade as much as its first method, and its share of the second."""
        limits, told = use_case.constraints, use_case.economics
        searches = self.searches(name)
        stale = searches or self.keeps_facts_in_weights(name)
        learns = any(method_of(part).learns for part in self.parts(name))
        terms = Terms(
            volume=limits.monthly_volume,
            updates=UPDATES_A_MONTH[limits.knowledge_changes] if stale else 0.0,
            index_seconds=self.measured.index_seconds if searches else 0.0,
            labels=told.per_label * len(use_case.samples) if learns else 0.0,
            lifetime_months=told.lifetime_months,
        )
        model = model_name(name) or use_case.model
        spent = cost(self.rows(name), model, terms, prices_for(use_case))
        if self.cascade is None or name != CASCADE:
            return spent
        first, second = known[self.cascade.first].per_1000, known[self.cascade.second].per_1000
        joined = None if first is None or second is None else first + self.cascade.handed_on * second
        return spent.at(joined, limits.monthly_volume)


def score_sheet(use_case: UseCase, measured: Measurement) -> ScoreSheet:
    """Score and cost every method, and a cascade of them, and hold them against the constraints."""
    task, references = measured.situation.task, [s.output for s in measured.samples]
    outputs = {name: table["output"].to_pylist() for name, table in measured.tensor.items()}
    columns = {name: task.metric.columns(said, references) for name, said in outputs.items()}
    seen: dict[str, Booleans] = {}
    found = Arms(measured.tensor, columns, task.metric).cascade()
    if found:
        measured = replace(measured, tensor={**measured.tensor, CASCADE: found[1]})
        outputs[CASCADE] = found[1]["output"].to_pylist()
        columns[CASCADE] = task.metric.columns(outputs[CASCADE], references)
    for name, (said, answered) in answers_of_leavers(measured).items():
        outputs[name] = said
        columns[name] = task.metric.columns(said, references) * answered[:, None]
        seen[name] = answered
    order = [candidate.name for candidate in candidates(METHODS, use_case.every_model)] + [CASCADE]
    outputs = {name: outputs[name] for name in order if name in outputs}
    groups = groups_of(measured.samples)
    lazy = constant(references, groups, task.metric, decided=task.kind == "labels")
    evidence = Evidence(
        metric=task.metric,
        columns={name: columns[name] for name in outputs},
        groups=groups,
        strata=references if task.metric.name == "macro_f1" else None,
        constant=lazy.columns,
        parts={
            part_of(name, part): task.metric.columns(rows["output"].to_pylist(), references)
            for name, parts in measured.curves.items()
            for part, rows in parts.items()
        },
        seen=seen,
        looks=looks(measured),
    )
    every, cascade = observed(evidence), found[0] if found else None
    scores = {name: every[name] for name in outputs}
    sheet = ScoreSheet(measured, references, outputs, evidence, scores, groups, lazy, {}, {}, cascade)
    return sheet.under(use_case)


def _price(spent: Cost) -> tuple[bool, float]:
    """Cheapest first; what has no price last."""
    known = spent.per_1000 if spent.monthly is None else spent.monthly
    return known is None, known or 0.0
