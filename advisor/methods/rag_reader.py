"""Extractive retrieval: a reader points at the words of a passage that answer; no language model is asked."""

from __future__ import annotations

from advisor.methods.method import Family, Situation, Training, needs_corpus
from advisor.methods.rag import PASSAGES
from advisor.plan import Plan


class RagReader:
    """Answer with the most probable span of the best passages."""

    name = "rag-reader"
    family: Family = "retrieval"
    learns = False
    asks_model = False

    def why_not(self, situation: Situation) -> str | None:
        """It needs a corpus, and answers that are short enough to stand in it word for word."""
        if missing := needs_corpus(situation):
            return missing
        kind = situation.task.kind
        return None if kind == "short" else f"it answers with a few words of a document, and {_WANTED[kind]}"

    def prepare(self, training: Training) -> Plan:
        """Nothing is learned; the reader is the shipped one."""
        return Plan(method=self.name, model=self.name, passages=PASSAGES, reads=True)


_WANTED = {
    "labels": "the outputs are labels",
    "long": "the outputs are long texts",
    "json": "the outputs are JSON objects",
}
