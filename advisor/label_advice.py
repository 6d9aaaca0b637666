"""What more labelled samples would be worth, before anybody labels them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from advisor.learning_curves import TIMES
from advisor.resampling import Resampled
from advisor.scoring import Floats
from advisor.statistics import NORMAL_SURE, simplest

NORMAL_CHANCE = 1.6449
"""Standard errors that chance exceeds once in twenty times."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """The choice as it would be after labelling more."""

    samples: int
    """In all."""
    expected_loss: float
    """What the method that would then be chosen loses to the best one on average, 0 to 1."""
    learned: float | None = None
    """What that method scores more for having learned from all of them; None where no curves tell."""


def outlooks(
    drawn: Resampled, margin: float, n: int, learned: Callable[[float], Floats] | None = None
) -> tuple[Outlook, ...]:
    """Expected loss after more samples: truths are drawn from what is known, and the choice is made anew.

    Raiffa and Schlaifer 1961, preposterior analysis: each draw of what is believed is one possible truth, and
    the error of another resample, made smaller by the square root, is what new samples would be off.
    `learned` says what each allowed method gains from so many times the samples, where that is known.
    """
    allowed, every = list(drawn.allowed), np.arange(drawn.believed.shape[1])
    found = []
    for times in TIMES:
        weight, errors = drawn.more(times)
        gained = learned(times) if learned else np.zeros((len(allowed), len(every)))
        pooled = drawn.expected[:, None] + weight @ (drawn.believed + errors - drawn.expected[:, None])
        then = drawn.believed[allowed] + gained
        choice = simplest(pooled[allowed] + gained, margin)
        lost, more = then.max(axis=0) - then[choice, every], gained[choice, every]
        found.append(Outlook(round(n * times), float(lost.mean()), float(more.mean()) if learned else None))
    return tuple(found)


def detectable(drawn: Resampled, margin: float, chosen: str) -> float | None:
    """The smallest true lead of the chosen method over the next one that would be found clear 4 times in 5.

    None where it has no rival.
    """
    mine = drawn.names.index(chosen)
    rivals = [m for m in drawn.allowed if m != mine]
    if not rivals:
        return None
    next_one = max(rivals, key=lambda m: drawn.observed[m])
    error = float((drawn.scores[mine] - drawn.scores[next_one]).std())
    least = max(margin + NORMAL_SURE * error, NORMAL_CHANCE * error)
    return least + NORMAL_SURE * error
