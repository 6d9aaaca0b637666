"""Which methods need not be measured to the end. Pure functions of what was measured so far.

Methods are measured in rounds of the same samples. After a round those are dropped that

- are behind: chance makes such a deficit so rarely that over all looks and methods of a use case one in
  twenty loses a method that is as good as the leader (Bonferroni). Below 50 samples that takes a huge gap.
- have nothing to gain: a method that is to be preferred is so good that the perfect one would hardly be
  more than the margin better.
"""

from __future__ import annotations

from collections.abc import Sequence

from advisor.resampling import Resampled
from advisor.statistics import SURE, TIE, Standing, standings

FEWEST = 50
"""Samples below which every method is measured to the end: they take little, and all of them are needed."""
FIRST_LOOK = 20
"""Samples before which no method is dropped."""
WRONGLY_DROPPED = 0.05
"""How often a method as good as the leader is dropped, over all looks and methods."""


def rounds(sizes: Sequence[int]) -> list[list[int]]:
    """The folds of each round, by their sizes: one each, but as many in the first as a look needs."""
    if sum(sizes) < FEWEST:
        return [list(range(len(sizes)))]
    first = next(k for k in range(1, len(sizes) + 1) if sum(sizes[:k]) >= FIRST_LOOK)
    return [list(range(first)), *([number] for number in range(first, len(sizes)))]


def losers(drawn: Resampled, margin: float, looks: int) -> dict[str, str]:
    """Method -> why it is dropped; the methods are given in the order of preference.

    `looks` is how often this is asked in all.
    """
    found, names = standings(drawn, margin), drawn.names
    enough = WRONGLY_DROPPED / (looks * max(len(names) - 1, 1))
    leader = names[drawn.leader]
    ceiling = next((m for m in drawn.allowed if (drawn.scores[m] >= 1 - margin - TIE).mean() >= SURE), None)
    told = {}
    for m, name in enumerate(names):
        if ceiling is not None and m > ceiling:
            told[name] = _nothing_to_gain(found, names[ceiling], name)
        elif name != leader and _behind(found[name], enough):
            told[name] = f"{_percent(found[name])}, against {_percent(found[leader])} of {leader}"
    return told


def _behind(standing: Standing, enough: float) -> bool:
    return standing.p_chance <= enough and standing.p_within_margin <= 1 - SURE


def _nothing_to_gain(found: dict[str, Standing], best: str, name: str) -> str:
    return f"{_percent(found[name])}, and {best} with {_percent(found[best])} leaves nothing to gain"


def _percent(standing: Standing) -> str:
    return f"{100 * standing.score:.1f} %"
