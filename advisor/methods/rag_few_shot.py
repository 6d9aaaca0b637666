"""RAG + few-shot: solved cases show the form of the answer, retrieved passages hold its content."""

from __future__ import annotations

from advisor.methods.few_shot import demonstrate
from advisor.methods.method import Family, Situation, Training, needs_corpus, needs_model, needs_time
from advisor.methods.rag import PASSAGES
from advisor.plan import Plan

SHOTS = 4
"""Fewer than without passages, which need the room."""


class RagFewShot:
    """Show a handful of training samples, then the best passages of the corpus."""

    name = "rag-few-shot"
    family: Family = "retrieval"
    learns = True
    asks_model = True

    def why_not(self, situation: Situation) -> str | None:
        """It needs a corpus, and a model that may see the data."""
        return needs_corpus(situation) or needs_model(situation) or needs_time(situation)

    def prepare(self, training: Training) -> Plan:
        """Draw the demonstrations from the train fold; they are shown without passages of their own."""
        return training.plan(self.name, demonstrations=demonstrate(training, SHOTS), passages=PASSAGES)
