"""Are the rule's constants tuned to the tasks that it is judged on? Tune them on all families but one.

The setting is the one with the lowest mean regret among those whose claims are false in at most 5 %; of
equals, the one that claims most. It is then judged on the family that was left out, beside today's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from advisor.decision import RULE, Rule
from benchmarks.advisorbench.experience import family_of
from benchmarks.advisorbench.figures import Outcome, mean, outcomes
from benchmarks.advisorbench.replay import Seen

GRID = [
    Rule(*constants)
    for constants in product(
        (0.3, 0.4, 0.5, 0.6, 0.7), (0.7, 0.8, 0.9), (0.25, 0.5, 0.75, 1.0), (0.01, 0.05, 0.2)
    )
]
"""Constants that are tried, beside today's."""
FALSE_CLAIMS = 0.05
Chosen = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Judged:
    """One setting on some customers."""

    regret: float
    """Mean, in points."""
    false_claims: float
    """Share of the claims; 0 where nothing is claimed."""
    claims: float
    """Share of the customers."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One family, judged by constants that were chosen without it."""

    family: str
    tasks: int
    rule: Rule
    tuned_on: Judged
    """The chosen constants, on the other families."""
    judged_on: Judged
    """The same on this family."""
    today: Judged
    """The constants of the rule as it is, on this family."""


def leave_one_out(seen: Sequence[Seen], sizes: Sequence[int]) -> list[LeftOut]:
    """Every family in its turn; none where there is only one."""
    tried = [RULE, *GRID]
    found = [[outcome for size in sizes for outcome in outcomes(seen, size, rule)] for rule in tried]
    families = {s.about.task: family_of(s.about) for s in seen}
    family = np.array([families[o.task] for o in found[0]])
    names = [str(name) for name in np.unique(family)]
    return [_left_out(name, family == name, tried, found) for name in names] if len(names) > 1 else []


def families_table(rows: Sequence[LeftOut]) -> str:
    """As Markdown."""
    head = (
        "| left out (tasks) | constants tuned on the others | there | on the family left out "
        "| constants of today, there |\n| --- | --- | --- | --- | --- |"
    )
    return "\n".join([head, *(_line(row) for row in rows)])


def _left_out(name: str, mine: Chosen, tried: Sequence[Rule], found: Sequence[Sequence[Outcome]]) -> LeftOut:
    others = [judged(_those(outcome, ~mine)) for outcome in found]
    best = max(range(len(tried)), key=lambda i: merit(others[i]))
    return LeftOut(
        family=name,
        tasks=len({o.task for o in _those(found[0], mine)}),
        rule=tried[best],
        tuned_on=others[best],
        judged_on=judged(_those(found[best], mine)),
        today=judged(_those(found[0], mine)),
    )


def merit(found: Judged) -> tuple[bool, float, float]:
    """The larger the better; of equals the first is taken, and today's constants come first."""
    return found.false_claims <= FALSE_CLAIMS, -round(found.regret, 2), round(found.claims, 3)


def judged(found: Sequence[Outcome]) -> Judged:
    """The figures that the constants are tuned by."""
    weights = np.array([o.weight for o in found])
    claims = weights * [o.claims for o in found]
    beyond = np.array([not o.within for o in found], float)
    return Judged(
        regret=mean(100 * np.array([o.regret for o in found]), weights),
        false_claims=mean(beyond, claims) if claims.sum() else 0.0,
        claims=float(claims.sum() / weights.sum()),
    )


def _those(found: Sequence[Outcome], mine: Chosen) -> list[Outcome]:
    return [outcome for outcome, is_mine in zip(found, mine, strict=True) if is_mine]


def _line(row: LeftOut) -> str:
    constants = ", ".join(f"{name} {value:g}" for name, value in asdict(row.rule).items())
    cells = " | ".join(_cell(j) for j in (row.tuned_on, row.judged_on, row.today))
    return f"| {row.family} ({row.tasks}) | {constants} | {cells} |"


def _cell(found: Judged) -> str:
    return (
        f"regret {found.regret:.2f}, claims {100 * found.claims:.0f} %, "
        f"false {100 * found.false_claims:.0f} % of them"
    )
