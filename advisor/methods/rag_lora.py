"""RAG + LoRA: the adapter is trained on prompts with retrieved passages, distractors among them.

Zhang et al. 2024, "RAFT: Adapting Language Model to Domain Specific RAG". The passages are those that
the search finds, so where it misses all are distractors; the answer alone is learned, no written reasoning.
"""

from __future__ import annotations

from advisor.methods.lora import train
from advisor.methods.method import Family, Situation, Training, needs_corpus, needs_training
from advisor.methods.rag import PASSAGES
from advisor.plan import Plan


class RagLora:
    """Train on the RAG prompt; answer with the same prompt."""

    name = "rag-lora"
    family: Family = "both"
    learns = True
    asks_model = True

    def why_not(self, situation: Situation) -> str | None:
        """It needs a corpus, a local model and time to train it."""
        return needs_corpus(situation) or needs_training(situation)

    def prepare(self, training: Training) -> Plan:
        """Train an adapter on the train fold's RAG prompts."""
        return train(training, training.plan(self.name, passages=PASSAGES))
