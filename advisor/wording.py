"""The advice in one or a few sentences that anybody can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from advisor.counted import counted
from advisor.decision import FARTHEST, USEFUL, Decision, confidence
from advisor.errors import ON_REQUEST
from advisor.statistics import TIE, Standing

METRIC_WORDS = {
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "exact_match": "exact match",
    "token_f1": "token F1",
    "rouge_l": "ROUGE-L",
    "field_f1": "field F1",
}
HALF = 0.5
SHOWN = 60
"""Characters of an answer that a sentence quotes."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What is to be said."""

    decision: Decision
    standings: Mapping[str, Standing]
    metric: str
    samples: int
    """Scored."""
    given_samples: int
    locked: int = 0
    """Of the given ones, how many are kept for confirming the choice."""
    prefer: str = "simplest"
    """Which of several equally good methods is taken."""
    labels_needed: int | None = None
    excluded: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    """Method -> what went wrong while it was measured."""
    dropped: Sequence[str] = ()
    """Methods that were not measured to the end, since they could hardly win any more."""
    cautions: Mapping[str, str] = field(default_factory=dict)
    """Method -> a constraint that it may break."""
    stopped: str | None = None
    """Why measuring ended before every sample was answered."""
    constant: tuple[str, float] = ("", 0.0)
    """The answer that is always the same, and its score."""


def say(found: Findings) -> str:
    """The verdict in words, with the figures it rests on."""
    return " ".join([_advice(found), *_reservations(found)])


def _advice(found: Findings) -> str:
    decision = found.decision
    if decision.leader is None:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in found.excluded.items())
        return f"No method meets the constraints ({reasons}). Relax one of them, or improve the samples."
    if decision.recommended is None:
        return _nothing_works(found, decision.leader)
    scored = _scored(found, decision.recommended)
    mine = found.standings[decision.recommended]
    loses = f"loses {100 * mine.expected_loss:.1f} points to the best on average"
    sure = f"with {confidence(decision, bool(found.failed))} confidence"
    within = f"within the margin of it with {100 * mine.p_within_margin:.0f} %"
    if decision.verdict == "clear":
        return f"Take {scored} {sure}: {_lead(found, decision.recommended)}."
    if decision.verdict == "equivalent_take_simplest":
        others = _listed(decision.not_ruled_out)
        than = "simpler" if found.prefer == "simplest" else "cheaper"
        return f"Take {scored} {sure}: it {loses}, and is {than} than {others}, which may do as well."
    return (
        f"Undecided: {scored} is the choice for now; it {loses}, and is {within}."
        f"{_doubt(decision)} {_remedy(found)}"
    )


def _nothing_works(found: Findings, leader: str) -> str:
    best = f"the most promising is {_scored(found, leader)}"
    if found.standings[leader].score >= USEFUL:
        answer, score = found.constant
        return (
            f"No method is credibly better than always answering {_short(answer)!r} ({100 * score:.1f} %): "
            f"{best}. Try another model, or label more samples."
        )
    return f"No method works on these samples: {best}. Try another model, or add documents."


def _lead(found: Findings, name: str) -> str:
    rivals = {n: s for n, s in found.standings.items() if n != name and n not in found.excluded}
    if not rivals:
        return _alone(found)
    second = min(rivals, key=lambda n: rivals[n].deficit)
    low, high = (100 * x for x in rivals[second].deficit_interval)
    gap = 100 * rivals[second].deficit
    return f"{gap:.1f} points above {second}, the next one (90 % interval {low:.1f} to {high:.1f})"


def _alone(found: Findings) -> str:
    if found.dropped:
        others = ", ".join(found.dropped)
        return f"the others ({others}) could hardly win any more and were not measured to the end"
    if found.failed and found.excluded:
        return "no other method could be measured or meets the constraints"
    if found.failed:
        return "no other method could be measured"
    return "no other method meets the constraints" if found.excluded else "no other method was measured"


def _doubt(decision: Decision) -> str:
    others = decision.not_ruled_out
    return f" {_listed(others)} {'are' if len(others) > 1 else 'is'} not ruled out." if others else ""


def _remedy(found: Findings) -> str:
    needed, open_ones = found.labels_needed, found.given_samples - found.locked
    about = "More than" if needed is None else "About"
    scored = round(FARTHEST * found.samples) if needed is None else needed
    if scored <= open_ones:
        way = "let it measure on" if found.stopped else "use the preset thorough"
        return f"{about} {scored:,} scored samples would be needed to settle it: {way}."
    labelled = round(scored * found.given_samples / open_ones)
    return f"{about} {labelled:,} labelled samples would be needed to settle it."


def _reservations(found: Findings) -> Iterator[str]:
    chosen = found.decision.recommended
    if caution := found.cautions.get(chosen or ""):
        yield f"Mind that {caution}."
    if ahead := _ahead(found):
        yield f"On these samples alone {_scored(found, ahead)} is ahead; other tasks speak against it."
    if chosen and found.metric != "rouge_l" and found.standings[chosen].score < HALF:
        yield "Still, that is less than half of what is possible: another model or more samples may do more."
    if chosen in found.dropped:
        yield f"{chosen} left the race early: use the preset thorough to measure it to the end."
    if found.stopped:
        every = found.given_samples - found.locked
        rests = f"this rests on {found.samples} of {counted(every, 'sample')}"
        told = rests if found.samples < every else "some methods are left out"
        way = "" if found.stopped == ON_REQUEST else "; a larger budget goes on from here"
        yield f"Measuring was stopped, {found.stopped}: {told}{way}."
    for reason in dict.fromkeys(found.failed.values()):
        names = [name for name, why in found.failed.items() if why == reason]
        which = "it is" if len(names) == 1 else "they are"
        yield f"{_listed(names)} could not be measured ({reason.rstrip('.')}), so {which} not ruled out."


def _ahead(found: Findings) -> str | None:
    """What works, is not recommended, and scores more than what is expected to be the best."""
    scores = {name: found.standings[name].score for name in found.decision.not_ruled_out}
    name, leader = max(scores, key=scores.__getitem__, default=None), found.decision.leader
    return name if name and leader and scores[name] > found.standings[leader].score + TIE else None


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3].rstrip()}..."


def _scored(found: Findings, name: str) -> str:
    return f"{name} ({100 * found.standings[name].score:.1f} % {METRIC_WORDS[found.metric]})"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
