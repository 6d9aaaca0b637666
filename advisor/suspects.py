"""Samples whose given answer may be the wrong one: good methods of different kinds agree on another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.audit import Finding, numbered
from generation.words import normalise

TRUSTED = 0.5
"""Score from which a method's opinion counts."""
LEAST_METHODS, LEAST_FAMILIES = 3, 2


def suspected(
    references: Sequence[str],
    outputs: Mapping[str, Sequence[str]],
    scores: Mapping[str, float],
    families: Mapping[str, str],
    numbers: Sequence[int],
) -> tuple[Finding, ...]:
    """The samples that all trusted methods answer alike and unlike the reference.

    Nothing is said where fewer than three methods, or methods of one family only, can be trusted:
    what shares a model shares its errors.
    """
    trusted = [name for name, score in scores.items() if score >= TRUSTED]
    if len(trusted) < LEAST_METHODS or len({families[name] for name in trusted}) < LEAST_FAMILIES:
        return ()
    said = [{normalise(outputs[name][i]) for name in trusted} for i in range(len(references))]
    odd = [
        number
        for number, answers, wanted in zip(numbers, said, references, strict=True)
        if len(answers) == 1 and answers != {normalise(wanted)} and answers != {""}
    ]
    if not odd:
        return ()
    told = f"{numbered(odd)}: {len(trusted)} methods agree on another answer than the given one; look again"
    return (Finding(code="suspected_labels", message=f"{told[0].upper()}{told[1:]}.", samples=tuple(odd)),)
