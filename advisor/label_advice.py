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

    Raiffa and Schlaifer 1961, preposterior analysis: each resample is one possible truth, another one's
    error, made smaller by the square root, is what the new samples would be off. `learned` says what each
    allowed method gains from so many times the samples, where that is known.
    """
    rng = np.random.default_rng(n)
    allowed = list(drawn.allowed)
    truth, observed = drawn.believed[allowed], drawn.expected[allowed][:, None]
    errors = (truth - observed)[:, rng.permutation(truth.shape[1])]
    every = np.arange(truth.shape[1])
    found = []
    for times in TIMES:
        gained = learned(times) if learned else np.zeros_like(truth)
        then = truth + gained
        new = then + errors / np.sqrt(times - 1)
        pooled = (observed + gained + (times - 1) * new) / times
        choice = simplest(pooled, margin)
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
