"""Feature extraction: frozen sentence embeddings and a linear classifier; labels only."""

from __future__ import annotations

from advisor.methods.method import Family, Situation, Training
from advisor.plan import HEAD, Plan


class FeatureHead:
    """Train a linear head on the embedder's vectors."""

    name = "feature-head"
    family: Family = "fine-tuning"
    learns = True
    asks_model = False

    def why_not(self, situation: Situation) -> str | None:
        """It chooses among labels and can write nothing else."""
        return (
            None
            if situation.task.kind == "labels"
            else "its answers are labels, and the outputs are free text"
        )

    def prepare(self, training: Training) -> Plan:
        """Fit the head on the train fold."""
        from finetune.heads import Head  # whoever only asks `why_not` must not load scikit-learn

        vectors = training.workbench.embedder.embed([s.input for s in training.examples])
        head = Head.fit(vectors, [s.output for s in training.examples], seed=training.seed)
        head.save(training.folder / HEAD)
        return Plan(method=self.name, model=training.workbench.embedder.name, head=True)
