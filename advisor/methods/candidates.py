"""Candidates: what is measured and may be recommended, each method with each base model of a use case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from advisor.methods.method import Family, Method, Situation, Training
from advisor.plan import Plan

AT = " @ "
"""Between the method and the model in the name of a candidate."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A method with the model that it asks; itself a method."""

    method: Method
    model: str
    is_named: bool
    """Whether its name says the model, since the use case gives several."""

    @property
    def name(self) -> str:
        """Of the method, and of the model where several are compared."""
        return f"{self.method.name}{AT}{self.model}" if self.is_named else self.method.name

    @property
    def family(self) -> Family:
        """The method's."""
        return self.method.family

    @property
    def learns(self) -> bool:
        """The method's."""
        return self.method.learns

    @property
    def asks_model(self) -> bool:
        """The method's."""
        return self.method.asks_model

    def why_not(self, situation: Situation) -> str | None:
        """The reason why the method cannot apply with this model, or None."""
        return self.method.why_not(replace(situation, model=self.model))

    def prepare(self, training: Training) -> Plan:
        """Let the method learn, with this model."""
        return self.method.prepare(replace(training, situation=replace(training.situation, model=self.model)))


def candidates(methods: Sequence[Method], models: Sequence[str]) -> list[Candidate]:
    """Simplest method first, each with every model in the given order; once where it asks none."""
    several = len(models) > 1
    return [
        Candidate(method, model, several and method.asks_model)
        for method in methods
        for model in (models if method.asks_model else models[:1])
    ]


def method_name(candidate: str) -> str:
    """The method of a candidate, by its name."""
    return candidate.partition(AT)[0]


def model_name(candidate: str) -> str | None:
    """The model that stands in a candidate's name; None where none does."""
    return candidate.partition(AT)[2] or None
