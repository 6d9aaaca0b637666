"""Stacked LoRA: a new adapter on top of the adapter that the use case names as its model.

Both are written as one adapter, so that serving knows of no parent
(docs/decisions/0036-adapters-from-adapters.md).
"""

from __future__ import annotations

from advisor.errors import DoesNotApply
from advisor.methods.lora import train
from advisor.methods.method import Family, Situation, Training, needs_training
from advisor.plan import Plan

FINE_TUNED = "ft:"
"""How the names of fine-tuned models begin."""


class StackedLora:
    """Train on the zero-shot prompt, starting from what an earlier training learned."""

    name = "stacked-lora"
    family: Family = "fine-tuning"
    learns = True
    asks_model = True

    def why_not(self, situation: Situation) -> str | None:
        """It needs an adapter to start from and time to train."""
        if reason := needs_training(situation):
            return reason
        if not situation.model.startswith(FINE_TUNED):
            return f"{situation.model} is no adapter to build on; name a fine-tuned model ({FINE_TUNED}...)"
        return None

    def prepare(self, training: Training) -> Plan:
        """Train an adapter on the train fold, on top of the one that is there.

        Raises:
            DoesNotApply: the fine-tuned model is a whole model without an adapter.

        """
        model = training.situation.model
        parent = training.workbench.catalog.parts(model).adapter
        if parent is None:
            raise DoesNotApply(f"{model} is a whole model, not an adapter")
        return train(training, training.plan(self.name), parent)
