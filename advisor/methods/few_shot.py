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
    asks_model = True

    def why_not(self, situation: Situation) -> str | None:
        """It needs a model that may see the data."""
        return needs_model(situation)

    def prepare(self, training: Training) -> Plan:
        """Draw the demonstrations from the train fold."""
        return training.plan(self.name, demonstrations=demonstrate(training))


def demonstrate(training: Training, shots: int = SHOTS) -> list[Demonstration]:
    """So many training samples, and up to twice as many where that shows more of the labels."""
    is_labels = training.situation.task.kind == "labels"
    labels = len({e.output for e in training.examples}) if is_labels else 0
    return draw(training.examples, max(shots, min(2 * shots, labels)), is_labels, training.seed)


def draw(examples: Sequence[Sample], shots: int, by_label: bool, seed: int) -> list[Demonstration]:
    """So many samples in random order; by label, as many of each as of any other."""
    rng = Random(seed)  # noqa: S311 - a draw, not a secret
    order = rng.sample(list(examples), len(examples))
    shown = (_round_robin(order) if by_label else order)[:shots]
    rng.shuffle(shown)
    return [Demonstration(s.input, s.output) for s in shown]


def _round_robin(samples: Sequence[Sample]) -> list[Sample]:
    """One sample of each label in turn."""
    of_label: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        of_label[sample.output].append(sample)
    rounds = max(map(len, of_label.values()))
    return [group[i] for i in range(rounds) for group in of_label.values() if i < len(group)]
