"""Scores under resampling: what other samples, or no difference between two methods, would have shown.

Copies of an input are one case: they are drawn together, or not at all. Every resample also holds one
unknown case, that each method answers right or wrong by the toss of a coin: what all samples have in common
is not certain for that, and least where they are few.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from advisor.cases import Cases, Unknown
from advisor.prior import Prior
from advisor.scoring import Floats, Metric

Booleans = npt.NDArray[np.bool_]
RESAMPLES = 4_000
LEAST_WHOLE = 0.05
"""Share of left-out sets that must hold every stratum for them to be used."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Additive columns of the methods, from the simplest to the most complex, on the same samples."""

    metric: Metric
    columns: Mapping[str, Floats]
    """Method -> array (n, c)."""
    groups: Sequence[Hashable]
    """Of each sample; equal for copies of an input."""
    strata: Sequence[str] | None = None
    """Of each sample; where given, every resample holds as many of each stratum as were measured."""
    constant: Floats | None = None
    """Columns of an answer that is always the same, array (n, c)."""
    parts: Mapping[str, Floats] = field(default_factory=dict)
    """Columns of what methods answered after learning from a part of each fold."""
    seen: Mapping[str, Booleans] = field(default_factory=dict)
    """Of methods that left a race: the samples that they answered. Their other columns are 0."""
    looks: Sequence[Booleans] = ()
    """The samples that the race had measured at each look."""

    @property
    def every(self) -> Mapping[str, Floats]:
        """All columns."""
        return {**self.columns, **self.parts}

    @property
    def best(self) -> str:
        """The highest score of the methods that answered everything."""
        whole = [name for name in self.columns if name not in self.seen]
        return max(whole, key=lambda name: float(self.metric.value(self.columns[name].sum(axis=0))))


@dataclass(frozen=True, slots=True)
class Resampled:
    """`scores[m, b]` is method m on resample b; an excluded method cannot lead."""

    names: tuple[str, ...]
    allowed: tuple[int, ...]
    leader: int
    observed: Floats
    scores: Floats
    expected: Floats
    """What each method is expected to score in use: as observed, unless experience says otherwise."""
    believed: Floats
    """`believed[m, b]`: what it may score in use; the same as `scores` where there is no experience."""
    guessed: Floats
    """`guessed[m, b]`: what would be expected of it, had resample b been the samples."""
    retrained: Floats
    """`retrained[m, b]`: what another training would have scored on resample b."""
    unseen: Floats
    """`unseen[m, b]`: method m on what resample b left out; NaN where a stratum is missing there."""
    chance: Floats
    """`chance[m, b]`: what the leader gains on m where each case's answers are swapped at random. Where m
    left a race, less by as much as its deficit is less than on the samples that both answered."""
    lead: Floats | None
    """`lead[m, b]`: what method m gains on the constant answer; None where there is none."""
    looks: tuple[tuple[int, Floats], ...] = ()
    """Samples that were measured at each look of a race, and `scores[m, b]` on them."""

    def as_if(self, times: float) -> Resampled:
        """With so many times the samples and the same observed scores: errors fall with the square root."""
        if times == 1:
            return self
        weight, errors = self.more(times)
        seen = self.observed[:, None] + errors

        def near(values: Floats, centre: Floats) -> Floats:
            return np.asarray(centre[:, None] + (values - centre[:, None]) / np.sqrt(times))

        return replace(
            self,
            scores=near(self.scores, self.observed),
            expected=self.expected + weight @ (self.observed - self.expected),
            believed=self.believed + weight @ (seen - self.believed),
            chance=self.chance / np.sqrt(times),
            lead=None if self.lead is None else near(self.lead, self.lead.mean(axis=1)),
        )

    def more(self, times: float) -> tuple[Floats, Floats]:
        """What new samples, so that there are so many times as many, do to what is believed.

        Their weight against it (a Kalman gain; without experience it is 1 - 1 / times), and by how much each
        method's score on them is off; shapes (methods, methods) and (methods, RESAMPLES).
        """
        errors = (self.retrained - self.retrained.mean(axis=1, keepdims=True)) / np.sqrt(times - 1)
        believed, off = np.atleast_2d(np.cov(self.believed)), np.atleast_2d(np.cov(errors))
        # The errors are of other samples than those that were measured.
        order = np.random.default_rng(0).permutation(RESAMPLES)
        return np.asarray(believed @ np.linalg.pinv(believed + off, hermitian=True)), errors[:, order]


@dataclass(frozen=True, slots=True)
class Draws:
    """What is drawn once, whichever methods are excluded and whichever is preferred."""

    metric: Metric
    columns: Mapping[str, Floats]
    """Method -> column sums of each case."""
    observed: Mapping[str, float]
    scores: Mapping[str, Floats]
    expected: dict[str, float]
    believed: dict[str, Floats]
    guessed: dict[str, Floats]
    retrained: dict[str, Floats]
    unseen: Mapping[str, Floats]
    looks: Sequence[tuple[int, Mapping[str, Floats]]]
    constant: Floats | None
    """Scores of the constant answer."""
    kept: Booleans
    """`kept[b, case]`: the case's answers are not swapped."""
    seen: Mapping[str, Booleans] = field(default_factory=dict)
    """Of methods that left a race: the cases that they answered."""
    _chance: dict[tuple[str, str], Floats] = field(default_factory=dict)

    def given(self, prior: Prior, names: Sequence[str], seed: int) -> Draws:
        """With what is to be believed of those methods, after what was measured of them all."""
        scores, rng = np.array([self.scores[name] for name in names]), np.random.default_rng(seed)
        believed = dict(zip(names, prior.believe(scores, rng), strict=True))
        return replace(
            self,
            expected=self.expected | {name: float(drawn.mean()) for name, drawn in believed.items()},
            believed=self.believed | believed,
            guessed=self.guessed | dict(zip(names, prior.guess(scores), strict=True)),
            retrained=self.retrained | dict(zip(names, prior.retrain(scores, rng), strict=True)),
        )

    def among(self, names: Sequence[str], excluded: Collection[str] = ()) -> Resampled:
        """Those methods in this order, of which some cannot lead."""
        observed = np.array([self.observed[name] for name in names])
        every = range(len(names))
        allowed = tuple(m for m in every if names[m] not in excluded) or tuple(every)
        leader = max(allowed, key=lambda m: observed[m])
        scores = np.array([self.scores[name] for name in names])
        deficits = observed[leader] - observed
        return Resampled(
            names=tuple(names),
            allowed=allowed,
            leader=leader,
            observed=observed,
            scores=scores,
            expected=np.array([self.expected[name] for name in names]),
            believed=np.array([self.believed[name] for name in names]),
            guessed=np.array([self.guessed[name] for name in names]),
            retrained=np.array([self.retrained[name] for name in names]),
            unseen=np.array([self.unseen[name] for name in names]),
            chance=np.array([self._gain(names[leader], name) for name in names]) + deficits[:, None],
            lead=None if self.constant is None else scores - self.constant,
            looks=tuple((n, np.array([found[name] for name in names])) for n, found in self.looks),
        )

    def _gain(self, leader: str, other: str) -> Floats:
        """What the leader gains on another one by chance, less what it really gains where both answered.

        Approximate randomisation (Noreen 1989); with scores of 0 and 1 this is McNemar's exact test.
        """
        if (leader, other) not in self._chance:
            one, two = self.columns[leader], self.columns[other]
            both = self._seen(leader) & self._seen(other)
            one, two, value = one[both], two[both], self.metric.value
            moved = self.kept[:, both].astype(float) @ (one - two)
            gains = value(two.sum(axis=0) + moved) - value(one.sum(axis=0) - moved)
            real = value(one.sum(axis=0)) - value(two.sum(axis=0))
            self._chance[leader, other] = gains - real
        return self._chance[leader, other]

    def _seen(self, name: str) -> Booleans:
        return self.seen.get(name, np.ones(self.kept.shape[1], bool))


def draw(evidence: Evidence, seed: int) -> Draws:
    """Draw `RESAMPLES` paired resamples of the cases, and as many random swaps."""
    rng = np.random.default_rng(seed)
    cases, metric = Cases(evidence.groups, evidence.strata), evidence.metric
    weights = cases.weights(rng, RESAMPLES)
    kept = rng.integers(0, 2, (RESAMPLES, cases.count)).astype(bool)
    unknown = Unknown(cases, metric, rng, RESAMPLES)
    left_out, is_whole = _left_out(cases, weights)

    def resampled(columns: Floats, share: float) -> Floats:
        sums = cases.sums(columns)
        return metric.value(weights @ sums + unknown.answered(sums, share))

    def unseen(columns: Floats, share: float) -> Floats:
        sums, scores, usable = cases.sums(columns), np.full(RESAMPLES, np.nan), is_whole
        if share < 1:
            usable = is_whole & (left_out @ sums.any(axis=1) > 0)
        scores[usable] = metric.value(left_out[usable] @ sums)
        return scores

    scores, measured = _carried(evidence, resampled), observed(evidence)
    constant = None if evidence.constant is None else cases.sums(evidence.constant)
    return Draws(
        metric=metric,
        columns={name: cases.sums(c) for name, c in evidence.every.items()},
        observed=measured,
        scores=scores,
        expected=measured,
        believed=scores,
        guessed=scores,
        retrained=scores,
        unseen=_carried(evidence, unseen),
        looks=[(int(look.sum()), _carried(evidence, resampled, look)) for look in evidence.looks],
        constant=None if constant is None else metric.value(weights @ constant + unknown.typical(constant)),
        kept=kept,
        seen={name: cases.sums(m[:, None].astype(float))[:, 0] > 0 for name, m in evidence.seen.items()},
    )


def observed(evidence: Evidence) -> dict[str, float]:
    """The score of every method, as it was measured."""
    value = evidence.metric.value
    found = _carried(evidence, lambda columns, share: value(columns.sum(axis=0)))
    return {name: float(score) for name, score in found.items()}


def _carried(
    evidence: Evidence, score: Callable[[Floats, float], Floats], look: Booleans | None = None
) -> dict[str, Floats]:
    """The score of every method on the samples, or on those of one look.

    Of a method that left a race: its lead over the best other one on the samples that both answered, on top
    of that one's score on all of them. `score` takes columns, and the share of samples that are in them.
    """
    every = np.ones(len(evidence.groups), bool) if look is None else look

    def on(name: str, places: Booleans) -> Floats:
        return score(evidence.every[name] * places[:, None], float(places.mean()))

    is_left = {name: bool((every & ~mask).any()) for name, mask in evidence.seen.items()}
    found = {name: on(name, every) for name in evidence.every if not is_left.get(name)}
    for name in (name for name, left in is_left.items() if left):
        seen, best = every & evidence.seen[name], evidence.best
        found[name] = np.clip(on(name, seen) - on(best, seen) + found[best], 0, 1)
    return found


def _left_out(cases: Cases, weights: Floats) -> tuple[Floats, Booleans]:
    """Which cases each resample left out, and whether these hold every stratum."""
    left_out = (weights == 0).astype(float)
    whole = np.all([left_out[:, stratum].any(axis=1) for stratum in cases.strata], axis=0)
    return left_out, whole if whole.mean() >= LEAST_WHOLE else np.zeros(len(whole), bool)


def resample(evidence: Evidence, seed: int, excluded: Collection[str] = ()) -> Resampled:
    """Resamples of all methods of the evidence."""
    return draw(evidence, seed).among(tuple(evidence.columns), excluded)
