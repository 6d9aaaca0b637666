"""One-shot prompting: one solved case stands in every prompt and shows the form of the answer."""

from __future__ import annotations

from advisor.methods.few_shot import draw
from advisor.methods.method import Family, Situation, Training, needs_model, needs_time
from advisor.plan import Plan


class OneShot:
    """Show one training sample, the same in every prompt."""

    name = "one-shot"
    family: Family = "prompting"
    learns = True
    asks_model = True

    def why_not(self, situation: Situation) -> str | None:
        """It needs a model that may see the data."""
        return needs_model(situation) or needs_time(situation)

    def prepare(self, training: Training) -> Plan:
        """Draw the demonstration from the train fold."""
        shown = draw(training.examples, 1, by_label=False, seed=training.seed)
        return training.plan(self.name, demonstrations=shown)
