"""Zero-shot prompting: the description and the input, nothing else."""

from __future__ import annotations

from advisor.methods.method import Family, Situation, Training, needs_model
from advisor.plan import Plan


class ZeroShot:
    """Ask the model as it is."""

    name = "zero-shot"
    family: Family = "prompting"
    learns = False
    asks_model = True

    def why_not(self, situation: Situation) -> str | None:
        """It needs a model that may see the data."""
        return needs_model(situation)

    def prepare(self, training: Training) -> Plan:
        """Nothing is learned; the samples only bound the answer's length."""
        return training.plan(self.name)
