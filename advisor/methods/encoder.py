"""Encoder LoRA: an adapter and a label head on the encoder behind the embeddings; labels only."""

from __future__ import annotations

from advisor.errors import Cancelled
from advisor.methods.lora import Control
from advisor.methods.method import Family, Situation, Training
from advisor.plan import ADAPTER, Plan


class EncoderLora:
    """Train the encoder itself, beginning where the feature head ends."""

    name = "encoder-lora"
    family: Family = "fine-tuning"
    learns = True
    asks_model = False

    def why_not(self, situation: Situation) -> str | None:
        """It chooses among labels, and takes time to train."""
        if situation.task.kind != "labels":
            return "its answers are labels, and the outputs are free text"
        return "the quick preset trains no encoder" if situation.preset == "quick" else None

    def prepare(self, training: Training) -> Plan:
        """Train on the train fold.

        Raises:
            Cancelled: `training.cancelled` turned true on the way.

        """
        # Imported here: whoever only asks `why_not` must not load torch.
        from finetune.data.rows import LabelRow
        from finetune.encoders.recipe import for_rows
        from finetune.encoders.training import train_encoder
        from finetune.errors import Cancelled as TrainingCancelled
        from finetune.session import Session

        base = training.workbench.encoder_folder()
        rows = [LabelRow(line, s.input, s.output) for line, s in enumerate(training.examples, start=1)]
        try:
            train_encoder(
                base,
                rows,
                training.folder / ADAPTER,
                dials=for_rows(len(rows), seed=training.seed),
                metric=training.situation.task.metric.score,
                session=Session(control=Control(training.cancelled)),
            )
        except TrainingCancelled as stopped:
            raise Cancelled(str(stopped)) from stopped
        return Plan(method=self.name, model=base.name, head=True, adapted=True)
