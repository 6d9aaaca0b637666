"""Give the decision rule of today what the adviser measured once, and see what it says. No model is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from advisor.cascade import CASCADE
from advisor.decision import RULE, Rule, Verdict, decide
from advisor.experience import Experience
from advisor.folds import FOLDS
from advisor.racing import dropped_in, losers, rounds
from advisor.resampling import Draws, draw, resample
from advisor.statistics import Interval, Standing, standings, winner_score
from benchmarks.advisorbench.baselines import Choice, choices, folds_of, sure
from benchmarks.advisorbench.experience import Compared, compared, family_of, learned
from benchmarks.advisorbench.regret import Truth, evidence, truth_of
from benchmarks.advisorbench.tensors import About, Part, Tensor

Answered = npt.NDArray[np.bool_]
"""Of each sample, whether a method answered it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One customer: what the rule decides on, and the truth that it is judged by."""

    about: About
    compared: Compared
    standing: Mapping[str, Standing]
    winner: tuple[float, Interval] | None
    """Score and interval that the report gives to what today's rule recommends."""
    truth: Truth
    baselines: Mapping[str, Choice]
    cost: float
    """Computing seconds of the adviser, as a share of what measuring every method in full takes."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What is said to one customer."""

    verdict: Verdict
    recommended: str | None
    served: str
    """What is recommended; where nothing is, the most promising of what meets the constraints."""


def see_all(tensors: Sequence[Tensor]) -> list[Seen]:
    """Every customer that has a choice: some method meets its constraints.

    What the adviser knows of other tasks is, for each customer, what those of other families teach.
    """
    with_choice = [tensor for tensor in tensors if set(tensor.samples) - set(tensor.about.excluded)]
    every = list(dict.fromkeys(name for tensor in with_choice for name in tensor.samples))
    raced = [_raced(tensor) for tensor in with_choice]
    families = [family_of(tensor.about) for tensor in with_choice]
    others = {
        family: learned([one.compared for one, of in zip(raced, families, strict=True) if of != family])
        for family in dict.fromkeys(families)
    }
    return [_see(one, every, others[family]) for one, family in zip(raced, families, strict=True)]


@dataclass(frozen=True, slots=True)
class _Raced:
    """A customer after the race, before anything is known of other tasks."""

    tensor: Tensor
    answered: Mapping[str, Answered]
    draws: Draws
    compared: Compared


def _raced(tensor: Tensor) -> _Raced:
    """Resample what the race left."""
    answered, looks = race(tensor)
    parts = {name: part.where(answered[name]) for name, part in tensor.samples.items()}
    seen = {name: some for name, some in answered.items() if not some.all()}
    told = replace(evidence(tensor, parts, tensor.constant), seen=seen, looks=looks)
    draws = draw(told, tensor.about.draw)
    return _Raced(tensor, answered, draws, compared(tensor, draws))


def _see(one: _Raced, every: Sequence[str], experience: Experience) -> Seen:
    """The rule may then be applied many times. `every` names the methods of all customers."""
    tensor, about, names = one.tensor, one.tensor.about, list(one.tensor.samples)
    prior = experience.prior(names, one.compared.kind, about.n, one.compared.strata, [about.model])
    drawn = one.draws.given(prior, names, about.draw).among(names, about.excluded)
    standing = standings(drawn, about.margin)
    chosen = decide(standing, about.excluded, about.margin).recommended
    alone = standings(one.draws.among(names, about.excluded), about.margin)
    return Seen(
        about=about,
        compared=one.compared,
        standing=standing,
        winner=winner_score(drawn, about.margin, chosen, dropped_in(drawn, about.margin)) if chosen else None,
        truth=truth_of(tensor),
        baselines=choices(tensor, every) | {"samples_alone": sure(_advice(alone, about).served)},
        cost=_cost(tensor, one.answered),
    )


def advise(seen: Seen, rule: Rule = RULE) -> Advice:
    """Apply the rule."""
    return _advice(seen.standing, seen.about, rule)


def _advice(standing: Mapping[str, Standing], about: About, rule: Rule = RULE) -> Advice:
    decision = decide(standing, about.excluded, about.margin, rule)
    served = decision.recommended or decision.leader
    assert served is not None  # some method meets the constraints: see_all
    return Advice(decision.verdict, decision.recommended, served)


def race(tensor: Tensor) -> tuple[dict[str, Answered], list[Answered]]:
    """The samples that each method answers before it is dropped (see `advisor.run`), and of each look."""
    folds, excluded = folds_of(tensor), tensor.about.excluded
    numbers, sizes = np.unique(folds, return_counts=True)
    left, seen = list(tensor.samples), np.zeros(len(folds), bool)
    answered, looks = dict.fromkeys(left, seen), []
    plan = rounds(sizes.tolist())
    for part in plan:
        seen = seen | np.isin(folds, numbers[part])
        answered |= dict.fromkeys(left, seen)
        if part is not plan[-1]:
            looks.append(seen)
            parts = {name: tensor.samples[name].of(seen) for name in left}
            drawn = resample(evidence(tensor, parts, tensor.constant.of(seen)), tensor.about.draw, excluded)
            out = losers(drawn, tensor.about.margin, len(plan) - 1)
            left = [name for name in left if name not in out]
    return answered, looks


def _cost(tensor: Tensor, raced: Mapping[str, Answered]) -> float:
    """A cascade costs nothing, since it is computed from what others answered."""
    n, learning = len(tensor.constant.item), tensor.about.learning
    samples = {name: part for name, part in tensor.samples.items() if name != CASCADE}
    spent = sum(_seconds(part.of(raced[name])) for name, part in samples.items())
    measured = {name: _seconds(part) for name, part in samples.items()}
    whole = {name: _in_full(p, n, name in learning) for name, p in tensor.test.items() if name != CASCADE}
    return spent / sum((whole | measured).values())


def _seconds(part: Part) -> float:
    """Each fold's preparation once, and every answer."""
    _, first = np.unique(part.fold, return_index=True)
    return float(part.prepare_seconds[first].sum() + part.seconds.sum())


def _in_full(deployed: Part, n: int, learns: bool) -> float:
    """What cross-validating a method takes that was only deployed: a fold learns from all but a fifth."""
    trainings = FOLDS - 1 if learns else 1
    return float(trainings * deployed.prepare_seconds[0] + n * deployed.seconds.mean())
