"""Samples that are one case: copies of an input, and near copies with the same answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from advisor.use_case import Sample
from finetune.data.near import near_groups
from generation.words import normalise

TEMPLATE = 0.1
"""Share of the different inputs from which near copies are no copies but a form that is filled in."""


def groups_of(samples: Sequence[Sample]) -> list[int]:
    """A number for each sample, the same for those that are one case.

    Near copies with different answers are cases of their own: what little differs decides there.
    """
    inputs = [normalise(s.input) for s in samples]
    answer = {text: normalise(s.output) for text, s in zip(reversed(inputs), reversed(samples), strict=True)}
    near = dict(zip(answer, near_groups(list(answer)), strict=True))
    size = Counter(near.values())
    form = max(TEMPLATE * len(answer), 2)
    number: dict[tuple[int | str, str], int] = {}
    return [
        number.setdefault(
            (near[text] if size[near[text]] <= form else text, answer[text]),
            len(number),
        )
        for text in inputs
    ]
