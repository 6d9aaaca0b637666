"""kNN few-shot prompting: each prompt shows the training samples nearest to its input.

Liu et al. 2022, "What Makes Good In-Context Examples for GPT-3?".
"""

from __future__ import annotations

from advisor.methods.few_shot import SHOTS
from advisor.methods.method import Family, Situation, Training, needs_model
from advisor.plan import Plan
from generation.prompts import Demonstration


class NearestShot:
    """Show the nearest training samples, the nearest one last."""

    name = "knn-few-shot"
    family: Family = "prompting"
    learns = True
    asks_model = True

    def why_not(self, situation: Situation) -> str | None:
        """It needs a model that may see the data."""
        return needs_model(situation)

    def prepare(self, training: Training) -> Plan:
        """Keep the whole train fold as the pool of demonstrations."""
        pool = [Demonstration(s.input, s.output) for s in training.examples]
        return training.plan(self.name, demonstrations=pool, nearest=SHOTS)
