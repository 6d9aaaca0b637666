"""Retrieval-augmented generation: the passages that a search finds stand in the prompt."""

from __future__ import annotations

from advisor.methods.method import Family, Situation, Training, needs_corpus, needs_model
from advisor.plan import Plan

PASSAGES = 3


class Rag:
    """Show the best passages of the corpus."""

    name = "rag"
    family: Family = "retrieval"
    learns = False
    asks_model = True

    def why_not(self, situation: Situation) -> str | None:
        """It needs a corpus, and a model that may see the data."""
        return needs_corpus(situation) or needs_model(situation)

    def prepare(self, training: Training) -> Plan:
        """Nothing is learned; the corpus is indexed once for all folds."""
        return training.plan(self.name, passages=PASSAGES)
