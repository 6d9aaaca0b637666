"""Learning curves: what a method scores by the samples that it learns from, and where it goes from there.

A method is measured again where it learned from a quarter and a half of each train fold. Through these
points and the whole fold goes a curve, on every resample anew: an inverse power law, a - b * n ** -c, on
half of them, and log odds that rise in line with log n on the others. So the bands hold what other samples
and the other curve would have shown. Nothing is forecast beyond `FARTHEST` times the samples.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from advisor.growing import grows, part_of
from advisor.resampling import RESAMPLES, Draws, Resampled
from advisor.scoring import Floats
from advisor.statistics import LEVEL, SURE, TIE, Interval, interval

EXPONENTS = np.array([0.1, 0.25, 0.5, 0.75, 1.0])
"""Of the power law. Three points say nothing of it: each is taken as often."""
CERTAIN = 0.01
"""A score nearer to 0 or 1 than this has the log odds of this."""
LIKELY = 0.95
"""Share of the forecasts from which something is called probable: where it was 80 to 95 %, 70 % came true."""
TIMES = (1.5, 2.0, 3.0, 5.0)
"""How many times the samples are forecast."""
FARTHEST = TIMES[-1]
STEPS = np.linspace(1, FARTHEST, 81)
"""Where a crossing is looked for."""


@dataclass(frozen=True, slots=True)
class Point:
    """A score after learning from so many samples."""

    samples: int
    score: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Overtaking:
    """Whether and where the rule would prefer this method to the recommended one, if there were no others."""

    chances: tuple[float, ...]
    """Share of the forecasts in which it would, at each of the curve's forecast points."""
    samples: int | None
    """From which it would in half of them; None where that is farther than anything is forecast."""
    interval: tuple[int | None, int | None]
    message: str


@dataclass(frozen=True, slots=True)
class Curve:
    """What is told of one method's learning."""

    method: str
    measured: tuple[Point, ...]
    forecast: tuple[Point, ...]
    """By labelled samples in all, all of them learned from."""
    overtaking: Overtaking | None
    """None for the recommended method, where it is not known how that learns, and for an excluded method."""


@dataclass(frozen=True, slots=True)
class Growth:
    """The learning curve of one method on every resample."""

    sizes: Floats
    """Samples learned from, ascending; shape (points,)."""
    observed: Floats
    scores: Floats
    """Shape (points, RESAMPLES)."""

    def gain(self, samples: float) -> Floats:
        """What it scores more after learning from so many than it was measured with; shape (RESAMPLES,)."""
        every, last = np.arange(self.scores.shape[1]), self.sizes[-1]
        exponents = EXPONENTS[every // 2 % len(EXPONENTS)]
        slopes = _slopes(-(self.sizes[:, None] ** -exponents), self.scores)
        by_power = slopes * (last**-exponents - samples**-exponents)
        odds = logit(np.clip(self.scores, CERTAIN, 1 - CERTAIN))
        rise = _slopes(np.log(self.sizes)[:, None], odds) * np.log(samples / last)
        by_odds = expit(odds[-1] + rise) - expit(odds[-1])
        grown = np.where(every % 2 == 0, by_odds, by_power)
        return np.asarray(np.clip(grown, 0, np.maximum(1 - self.scores[-1], 0)))


def _slopes(x: Floats, y: Floats) -> Floats:
    """Of the lines through the points of each resample, by least squares: learning from more never harms."""
    x = x - x.mean(axis=0)
    return np.asarray(np.maximum((x * (y - y.mean(axis=0))).sum(axis=0) / (x**2).sum(axis=0), 0))


def growths(measured: Mapping[str, Iterable[int]], learned_from: float, draws: Draws) -> dict[str, Growth]:
    """Of every method that was measured where it learned from parts of `learned_from` samples."""
    found = {}
    for name, parts in measured.items():
        keys = [*(part_of(name, part) for part in parts), name]
        sizes = np.array([learned_from / part for part in (*parts, 1)])
        observed = np.array([draws.observed[key] for key in keys])
        found[name] = Growth(sizes, observed, np.array([draws.scores[key] for key in keys]))
    return found


def gains(found: Mapping[str, Growth], names: Sequence[str], samples: float) -> Floats:
    """What each method learns by then; shape (methods, RESAMPLES). See `is_known`."""
    return np.array([found[n].gain(samples) if n in found else np.zeros(RESAMPLES) for n in names])


def is_known(found: Mapping[str, Growth], names: Iterable[str]) -> bool:
    """Whether what all of them learn is known: by its curve, or since more samples teach it nothing."""
    return all(name in found or not grows(name) for name in names)


def curves(
    found: Mapping[str, Growth], drawn: Resampled, chosen: str | None, margin: float, samples: int
) -> tuple[Curve, ...]:
    """Each curve, and where the rule would leave the recommended method for it; `samples` are labelled."""
    return tuple(
        Curve(
            method=name,
            measured=tuple(
                Point(round(size), float(score), interval(resamples))
                for size, score, resamples in zip(one.sizes, one.observed, one.scores, strict=True)
            ),
            forecast=tuple(_forecast(one, times * samples) for times in TIMES),
            overtaking=_overtaking(found, drawn, chosen, name, margin, samples),
        )
        for name, one in found.items()
    )


def _forecast(one: Growth, samples: float) -> Point:
    gain = one.gain(samples)
    return Point(round(samples), float(one.observed[-1] + gain.mean()), interval(one.scores[-1] + gain))


def _overtaking(
    found: Mapping[str, Growth], drawn: Resampled, chosen: str | None, name: str, margin: float, samples: int
) -> Overtaking | None:
    """A simpler method is preferred where it comes within the margin, another one where it is beyond."""
    names = [drawn.names[m] for m in drawn.allowed]
    if chosen is None or name == chosen or name not in names or not is_known(found, [chosen]):
        return None
    mine, other = drawn.names.index(name), drawn.names.index(chosen)
    least = margin + TIE if other < mine else -margin - TIE

    def ahead(times: float) -> npt.NDArray[np.bool_]:
        now, then = drawn.believed[[other, mine]] + gains(found, [chosen, name], times * samples)
        return np.asarray(then - now > least)

    paths = np.array([ahead(times) for times in STEPS])
    first = np.where(paths.any(axis=0), STEPS[paths.argmax(axis=0)], np.inf)
    low, middle, high = np.quantile(first, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2], method="higher")
    chances = tuple(float(ahead(times).mean()) for times in TIMES)
    where, ends = _whole(middle * samples), (_whole(low * samples), _whole(high * samples))
    return Overtaking(chances, where, ends, _told(chosen, name, samples, chances, where, ends))


def _told(
    chosen: str,
    name: str,
    samples: int,
    chances: Sequence[float],
    where: int | None,
    ends: Sequence[int | None],
) -> str:
    farthest = f"{FARTHEST * samples:,.0f}"
    last = f"{100 * chances[-1]:.0f} % of the forecasts say so at {farthest}"
    if chances[-1] >= LIKELY and where is not None:
        between = " to ".join(f"more than {farthest}" if end is None else f"{end:,}" for end in ends)
        return (
            f"With more labelled samples {name} would probably be preferred to {chosen}: "
            f"from about {where:,} on (90 % interval {between})."
        )
    if max(chances) <= 1 - SURE:
        return f"With more labelled samples {name} would hardly be preferred to {chosen}: {last}."
    return f"Whether {name} would be preferred to {chosen} with more labelled samples is not known: {last}."


def _whole(samples: float) -> int | None:
    return round(samples) if np.isfinite(samples) else None
