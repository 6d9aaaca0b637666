"""LoRA: a small adapter on the language model, trained on the samples (Hu et al. 2021)."""

from __future__ import annotations

from advisor.methods.method import Family, Situation, Training, needs_training
from advisor.plan import ADAPTER, Plan
from generation.messages import Message


class Lora:
    """Train on the zero-shot prompt; answer with the same prompt."""

    name = "lora"
    family: Family = "fine-tuning"
    learns = True

    def why_not(self, situation: Situation) -> str | None:
        """It needs a local model and time to train it."""
        return needs_training(situation)

    def prepare(self, training: Training) -> Plan:
        """Train an adapter on the train fold."""
        return train(training, training.plan(self.name))


def train(training: Training, prompt: Plan) -> Plan:
    """The prompt plan with an adapter that was trained on exactly its prompts."""
    # Imported here: whoever only asks `why_not` must not load torch.
    from advisor.answering import Answerer
    from finetune.dataset import TrainingExample
    from finetune.recipe import Recipe
    from finetune.training import train_adapter

    inputs = [s.input for s in training.examples]
    asked = Answerer(prompt, training.folder, training.workbench, training.corpus).conversations(inputs)
    rows = [
        TrainingExample((*messages, Message("assistant", sample.output)))
        for (messages, _), sample in zip(asked, training.examples, strict=True)
    ]
    base = training.workbench.catalog.folder(prompt.model)
    train_adapter(base, rows, Recipe.for_size(len(rows), seed=training.seed), training.folder / ADAPTER)
    return prompt.model_copy(update={"adapted": True})
