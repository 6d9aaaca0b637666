"""What methods scored in use on other tasks, and what that makes likely on a new one.

A task moves all methods together, those of one road together, and each by itself; the rest is what a method
is worth on tasks of a kind: a mixed linear model (Laird and Ware 1982), whose offsets have a prior of their
own, so that a method of which nothing is known is left to what is measured of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from math import log
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from advisor.cascade import CASCADE
from advisor.methods import method_name, method_of, model_name
from advisor.methods.encoder import EncoderLora
from advisor.prior import Prior, angle
from advisor.scoring import Floats

TABLE = Path(__file__).parent / "experience.json"
Kind = Literal["labels", "texts", "documents"]
"""Of a task: it asks for labels; for texts; for texts that are to be found in documents."""
FEW = 20
"""Samples that a spread is told for."""
LEVEL, OFFSET = 0.5, 0.3
"""How far tasks, and methods, may lie apart before anything is known: standard deviations, in angles."""
MIDDLE = 0.5
"""The angle that they lie around."""
PRECISE = 0.02
"""Standard deviation of what was scored in use: some hundred test lines."""


class Record(BaseModel):
    """A part of the experience."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Past(Record):
    """One task."""

    task: str
    kind: Kind
    scores: Mapping[int, Mapping[str, float]]
    """Labelled samples that were learned from -> method -> score in use, 0 to 1."""

    def angles(self, samples: int) -> dict[str, float]:
        """What each method would have scored after so many samples, between what was measured."""
        names = dict.fromkeys(name for scores in self.scores.values() for name in scores)
        return {name: self._angle(name, samples) for name in names}

    def _angle(self, name: str, samples: int) -> float:
        points = sorted((n, scores[name]) for n, scores in self.scores.items() if name in scores)
        angles = angle(np.array([score for _, score in points]))
        return float(np.interp(log(samples), [log(n) for n, _ in points], angles))


class Spread(Record):
    """How far scores lie from what is expected of them, in angles; of trained methods with `FEW` samples."""

    road: float = 0.1
    """Standard deviation of what the methods of one road have in common on a task."""
    own: float = 0.07
    """That of each method's own."""
    gained: float = 0.05
    """What a trained method scores more in use than in cross-validation."""
    unsteady: float = 0.1
    """Standard deviation of what it scores after another training."""

    def of_task(self, candidates: Sequence[str]) -> Floats:
        """Covariance of what a task does to them, around what they are worth on tasks of its kind."""
        roads = [_road(name) for name in candidates]
        together = np.array([[one == other for other in roads] for one in roads], float)
        return np.asarray(LEVEL**2 + self.road**2 * together + self.own**2 * np.eye(len(roads)))

    def gain(self, candidates: Sequence[str], samples: int) -> Floats:
        """What each scores more in use than in cross-validation."""
        return np.asarray(self.gained * np.sqrt(FEW / samples) * _trained(candidates))

    def of_training(self, candidates: Sequence[str], samples: int) -> Floats:
        """Variance of what each scores after another training."""
        return np.asarray(self.unsteady**2 * FEW / samples * _trained(candidates))


class Experience(Record):
    """What was measured elsewhere, with one language model."""

    model: str
    tasks: tuple[Past, ...] = ()
    spread: Spread = Spread()

    def prior(
        self,
        candidates: Sequence[str],
        kind: Kind,
        samples: int,
        strata: Sequence[str],
        models: Sequence[str],
    ) -> Prior:
        """What the candidates of a use case probably score in use, after learning from all its samples.

        `strata` are those of the scored ones: a training hangs on the rare ones. What was scored with
        another language model says nothing of this one; a candidate that names none asks the first.
        """
        known = [method_name(name) if self._knows(name, models) else None for name in candidates]
        names = list(dict.fromkeys(name for name in known if name))
        mean, covariance = self._offsets(names, kind, samples)
        place = [names.index(name) if name else len(names) for name in known]
        is_known = np.array([name is not None for name in known])
        shared = covariance[np.ix_(place, place)] * np.outer(is_known, is_known)
        return Prior(
            mean=mean[place],
            covariance=shared + np.diag(~is_known * OFFSET**2) + self.spread.of_task(candidates),
            gained=self.spread.gain(candidates, samples),
            unsteady=self.spread.of_training(candidates, samples) * _unevenness(strata),
        )

    def _offsets(self, names: Sequence[str], kind: Kind, samples: int) -> tuple[Floats, Floats]:
        """What each is worth on tasks of that kind, and last a method of which nothing is known.

        Mean, and covariance of the error of knowing it.
        """
        precision = np.eye(len(names) + 1) / OFFSET**2
        told = np.full(len(names) + 1, MIDDLE / OFFSET**2)
        for past in (past for past in self.tasks if past.kind == kind):
            angles = {name: a for name, a in past.angles(samples).items() if name in names}
            if angles:
                place = [names.index(name) for name in angles]
                noise = self.spread.of_task(list(angles)) + PRECISE**2 * np.eye(len(angles))
                precision[np.ix_(place, place)] += np.linalg.inv(noise)
                told[place] += np.linalg.solve(noise, list(angles.values()))
        covariance = np.linalg.inv(precision)
        return np.asarray(covariance @ told), np.asarray(covariance)

    def _knows(self, candidate: str, models: Sequence[str]) -> bool:
        if candidate == CASCADE:
            return all(model == self.model for model in models)
        return not method_of(candidate).asks_model or (model_name(candidate) or models[0]) == self.model


@cache
def experience() -> Experience:
    """What is kept in this package."""
    return Experience.model_validate_json(TABLE.read_text("utf-8"))


def kind_of(asks_labels: bool, has_corpus: bool) -> Kind:
    """The kind of a task."""
    if asks_labels:
        return "labels"
    return "documents" if has_corpus else "texts"


def _trained(candidates: Sequence[str]) -> Floats:
    """1 where weights of a method's own are trained, so that another training gives another score."""
    methods = [None if name == CASCADE else method_of(name) for name in candidates]
    return np.array([m is not None and m.family in ("fine-tuning", "both") for m in methods], float)


def _unevenness(strata: Sequence[str]) -> float:
    """By how many times the samples shrink, in equal shares, that say as much of a score by labels."""
    counts = Counter(strata).values()
    return len(strata) * sum(1 / count for count in counts) / len(counts) ** 2


def _road(candidate: str) -> tuple[str, bool]:
    """Methods that fare alike: those of one family, apart by whether they ask the language model.

    A cascade fares as the heads do, which mostly have the last word in it.
    """
    if candidate == CASCADE:
        return EncoderLora.family, EncoderLora.asks_model
    method = method_of(candidate)
    return method.family, method.asks_model
