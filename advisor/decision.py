"""Which method to take: pure functions of scores, costs and constraints.

1. Methods that break a constraint are out, with the reason. So is what solves nothing: about zero, or
   not credibly better than an answer that is always the same.
2. Methods that probably lose at most the margin to the best one left are as good as it.
3. Of those, the simplest is recommended. The verdict says which of the others are ruled out: clear where
   all are, equivalent where only more complex ones are not and little is lost on average by not taking
   one of them, undecided otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from advisor.resampling import Resampled
from advisor.statistics import SURE, Standing, standings

Verdict = Literal["clear", "equivalent_take_simplest", "undecided_label_more", "none_meets_bar"]
Confidence = Literal["high", "medium", "low"]
USEFUL = 0.05
"""A method that scores less than this does not solve the task at all, whatever it is compared with."""
FARTHEST = 5.0
"""How many times the measured samples may be extrapolated to."""
STEP = 1.05


@dataclass(frozen=True, slots=True)
class Rule:
    """The constants of the rule; AdvisorBench asks how others would have done."""

    as_good: float = 0.5
    """Share of resamples in which a method must be within the margin to count as equally good."""
    sure: float = SURE
    little: float = 0.75
    """Share of the margin that the simplest method may lose on average and still be called equivalent."""
    by_chance: float = 0.05
    """A method is ruled out only where its deficit comes by chance less often than this."""

    def works(self, standing: Standing) -> bool:
        """Whether a method solves some of the task, and more than a constant answer."""
        return standing.score >= USEFUL and standing.p_above_constant >= self.sure

    def rules_out(self, standing: Standing) -> bool:
        """Whether a method is surely behind the leader."""
        return standing.p_within_margin <= 1 - self.sure and standing.p_chance <= self.by_chance

    def verdict(
        self, working: Mapping[str, Standing], chosen: str, rivals: tuple[str, ...], margin: float
    ) -> Verdict:
        """By the methods that are not ruled out; the simplest first."""
        if not rivals:
            return "clear" if working[chosen].p_within_margin >= self.sure else "undecided_label_more"
        names = list(working)
        simpler = any(names.index(rival) < names.index(chosen) for rival in rivals)
        little = working[chosen].expected_loss <= self.little * margin
        return "equivalent_take_simplest" if little and not simpler else "undecided_label_more"


RULE = Rule()


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome."""

    verdict: Verdict
    recommended: str | None
    """None when nothing meets the constraints, or nothing works."""
    leader: str | None
    """The highest expected score of what works, or where nothing does, of what meets the constraints."""
    not_ruled_out: tuple[str, ...] = ()
    """The other methods that may be as good as the leader, simplest first."""


def decide(
    standing: Mapping[str, Standing], excluded: Mapping[str, str], margin: float, rule: Rule = RULE
) -> Decision:
    """Apply the rule above to the standings, given from the simplest method to the most complex."""
    allowed = {name: s for name, s in standing.items() if name not in excluded}
    if not allowed:
        return Decision("none_meets_bar", None, None)
    working = {name: s for name, s in allowed.items() if rule.works(s)}
    leader = max(working or allowed, key=lambda name: allowed[name].expected)
    if not working:
        return Decision("none_meets_bar", None, leader)
    chosen = next(n for n, s in working.items() if n == leader or s.p_within_margin >= rule.as_good)
    rivals = tuple(n for n, s in working.items() if n != chosen and (n == leader or not rule.rules_out(s)))
    return Decision(rule.verdict(working, chosen, rivals, margin), chosen, leader, rivals)


def confidence(decision: Decision, anything_failed: bool) -> Confidence | None:
    """In one word; a method that failed might have been the best, so nothing is sure then."""
    if decision.recommended is None:
        return None
    if decision.verdict == "undecided_label_more":
        return "low"
    return "high" if decision.verdict == "clear" and not anything_failed else "medium"


def labels_needed(drawn: Resampled, margin: float, excluded: Mapping[str, str], n: int) -> int | None:
    """Samples after which the rule would no longer be undecided, if the scores stayed as observed.

    None where it is decided, or where more than `FARTHEST` times the samples would be needed.
    """
    times = 1.0
    while decide(standings(drawn.as_if(times), margin), excluded, margin).verdict == "undecided_label_more":
        times *= STEP
        if times > FARTHEST:
            return None
    return round(n * times) if times > 1 else None
