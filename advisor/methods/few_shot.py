"""Few-shot prompting: the same solved cases stand in every prompt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from random import Random

from advisor.methods.method import Family, Situation, Training, needs_model
from advisor.plan import Plan
from advisor.use_case import Sample
from generation.prompts import Demonstration

SHOTS = 8


class FewShot:
    """Show a fixed handful of training samples."""

    name = "few-shot"
    family: Family = "prompting"
    learns = True

    def why_not(self, situation: Situation) -> str | None:
        """It needs a model that may see the data."""
        return needs_model(situation)

    def prepare(self, training: Training) -> Plan:
        """Draw the demonstrations from the train fold."""
        is_labels = training.situation.task.kind == "labels"
        shown = draw(training.examples, is_labels, training.seed)
        return training.plan(self.name, demonstrations=[Demonstration(s.input, s.output) for s in shown])


def draw(examples: Sequence[Sample], by_label: bool, seed: int) -> list[Sample]:
    """`SHOTS` samples, at least one of each label where that fits, in random order."""
    rng = Random(seed)  # noqa: S311 - a draw, not a secret
    order = rng.sample(list(examples), len(examples))
    if by_label:
        order = _round_robin(order)
    labels = len({e.output for e in examples}) if by_label else 0
    shown = order[: max(SHOTS, min(2 * SHOTS, labels))]
    rng.shuffle(shown)
    return shown


def _round_robin(samples: Sequence[Sample]) -> list[Sample]:
    """One sample of each label in turn."""
    of_label: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        of_label[sample.output].append(sample)
    rounds = max(map(len, of_label.values()))
    return [group[i] for i in range(rounds) for group in of_label.values() if i < len(group)]
