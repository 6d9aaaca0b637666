"""A measurement as columns: answers, costs and constraints of every method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from advisor.audit import Finding as Odd
from advisor.baseline import Constant, constant
from advisor.constraints import Finding, examine
from advisor.copies import groups_of
from advisor.economics import UPDATES_A_MONTH, Cost, cost
from advisor.measure import Measurement
from advisor.methods import METHODS
from advisor.recommendation import Case
from advisor.resampling import Evidence
from advisor.scoring import Floats
from advisor.suspects import suspected
from advisor.task import Task
from advisor.use_case import UseCase

FAMILY = {m.name: m.family for m in METHODS}


@dataclass(frozen=True, slots=True)
class ScoreSheet:
    """What is known of each method before anything is weighed; simplest method first."""

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
            columns=self.columns,
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


def score_sheet(use_case: UseCase, measured: Measurement) -> ScoreSheet:
    """Cost every method and hold it against the constraints."""
    task, references = measured.situation.task, [s.output for s in measured.samples]
    outputs = {name: table["output"].to_pylist() for name, table in measured.tensor.items()}
    columns = {name: task.metric.columns(said, references) for name, said in outputs.items()}
    scores = {name: float(task.metric.value(c.sum(axis=0))) for name, c in columns.items()}
    costs, constraints = {}, {}
    for name, table in measured.tensor.items():
        trains_on_facts = _trains_on_facts(use_case, task, name)
        costs[name] = _cost(use_case, table, trains_on_facts)
        constraints[name] = examine(scores[name], costs[name], trains_on_facts, use_case.constraints)
    groups = groups_of(measured.samples)
    lazy = constant(references, groups, task.metric, decided=task.kind == "labels")
    return ScoreSheet(measured, references, outputs, columns, scores, groups, lazy, costs, constraints)


def _cost(use_case: UseCase, table: pa.Table, trains_on_facts: bool) -> Cost:
    limits = use_case.constraints
    updates = UPDATES_A_MONTH[limits.knowledge_changes] if trains_on_facts else 0.0
    return cost(table, use_case.model, limits.monthly_volume, updates)


def _trains_on_facts(use_case: UseCase, task: Task, method: str) -> bool:
    return use_case.corpus is not None and task.kind != "labels" and FAMILY[method] == "fine-tuning"
