"""The advice in one sentence that anybody can read."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.decision import Decision
from advisor.statistics import Standing

METRIC_WORDS = {
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "exact_match": "exact match",
    "token_f1": "token F1",
    "rouge_l": "ROUGE-L",
    "field_f1": "field F1",
}


def say(
    decision: Decision,
    standings: Mapping[str, Standing],
    excluded: Mapping[str, str],
    metric: str,
    labels_needed: int | None,
) -> str:
    """The verdict in words, with the figures it rests on."""
    if decision.leader is None:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in excluded.items())
        return f"No method meets the constraints ({reasons}). Relax one of them, or improve the samples."
    if decision.recommended is None:
        best = f"{decision.leader} ({100 * standings[decision.leader].score:.1f} % {METRIC_WORDS[metric]})"
        return f"No method works on these samples: the best is {best}. Try another model, or add documents."
    chosen = standings[decision.recommended]
    scored = f"{decision.recommended} ({100 * chosen.score:.1f} % {METRIC_WORDS[metric]})"
    if decision.verdict == "clear":
        return f"Take {scored}: {_lead(decision.recommended, standings, excluded)}."
    near = f"{chosen.p_within_margin:.0%} likely within the margin of the best"
    others = [name for name in decision.equally_good if name != decision.recommended]
    if decision.verdict == "equivalent_take_simplest":
        return f"Take {scored}: it is {near}, and simpler than {_listed(others)}, which may do as well."
    more = f" About {labels_needed} labelled samples would settle it." if labels_needed else ""
    doubt = f" {_listed(others)} may be as good or better." if others else ""
    return f"Undecided: {scored} is the choice for now, but only {near}.{doubt}{more}"


def _lead(name: str, standings: Mapping[str, Standing], excluded: Mapping[str, str]) -> str:
    rivals = {n: s for n, s in standings.items() if n != name and n not in excluded}
    if not rivals:
        return "no other method meets the constraints"
    second = min(rivals, key=lambda n: rivals[n].deficit)
    low, high = (100 * x for x in rivals[second].deficit_interval)
    gap = 100 * rivals[second].deficit
    return f"{gap:.1f} points above {second}, the next one (90 % interval {low:.1f} to {high:.1f})"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
