"""LoRA: a small adapter on the language model, trained on the samples (Hu et al. 2021)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.errors import Cancelled
from advisor.methods.method import Family, Situation, Training, needs_training
from advisor.plan import ADAPTER, Plan
from generation.messages import Message

if TYPE_CHECKING:
    from finetune.dataset import TrainingExample
    from finetune.session import Wish


class Lora:
    """Train on the zero-shot prompt; answer with the same prompt."""

    name = "lora"
    family: Family = "fine-tuning"
    learns = True
    asks_model = True

    def why_not(self, situation: Situation) -> str | None:
        """It needs a local model and time to train it."""
        return needs_training(situation)

    def prepare(self, training: Training) -> Plan:
        """Train an adapter on the train fold."""
        return train(training, training.plan(self.name))


def train(training: Training, prompt: Plan, parent: Path | None = None) -> Plan:
    """The prompt plan with an adapter that was trained on exactly its prompts.

    On a model that is an adapter itself a new one is trained on its base, or on top of it where it is
    given as the parent.

    Raises:
        Cancelled: `training.cancelled` turned true on the way.

    """
    # Imported here: whoever only asks `why_not` must not load torch.
    from finetune.errors import Cancelled as TrainingCancelled
    from finetune.recipe import Recipe
    from finetune.session import Parent, Session
    from finetune.training import train_adapter

    rows = _rows(training, prompt)
    parts = training.workbench.catalog.parts(prompt.model)
    recipe = replace(Recipe.for_size(len(rows), seed=training.seed), long_rows="drop")
    session, out = Session(control=Control(training.cancelled)), training.folder / ADAPTER
    below = Parent(parent, "stack") if parent else None
    try:
        report = train_adapter(parts.base, rows, recipe, out, parent=below, session=session)
    except TrainingCancelled as stopped:
        raise Cancelled(str(stopped)) from stopped
    unlearned = len(training.examples) - len(rows) + report.manifest.dropped_rows
    return prompt.model_copy(update={"model": parts.base_name, "adapted": True, "unlearned": unlearned})


def _rows(training: Training, prompt: Plan) -> list[TrainingExample]:
    """The samples whose prompts fit the model, as conversations that end in the wanted output."""
    from advisor.answering import Answerer, where_fitting
    from finetune.dataset import TrainingExample

    answerer = Answerer(prompt, training.folder, training.workbench, training.corpus)
    asked = where_fitting(answerer.conversations, [s.input for s in training.examples])
    return [
        TrainingExample((*found[0], Message("assistant", sample.output)))
        for found, sample in zip(asked, training.examples, strict=True)
        if found
    ]


class Control:
    """Asks the adviser's question in the words of `finetune`."""

    def __init__(self, cancelled: Callable[[], bool]) -> None:
        self._cancelled = cancelled

    def wish(self) -> Wish:
        """Cancel, or go on."""
        from finetune.session import Wish

        return Wish.CANCEL if self._cancelled() else Wish.GO_ON
