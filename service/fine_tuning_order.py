"""A body and its files as the order that every backend takes."""

from __future__ import annotations

from pathlib import Path

from finetune.backends.port import Labelled, Order
from finetune.data.metrics import judge_of
from finetune.dataset import TrainingExample
from finetune.gate import OldTask
from finetune.session import Validation
from generation.families import family_of
from service.fine_tuning_recipe import recipe_of
from service.jobs.training_files import TrainingData
from service.schemas.fine_tuning_body import TrainingBody
from service.storage.fine_tuning import GATE, VALIDATION


def order_of(body: TrainingBody, data: TrainingData, base: Path | None, seed: int, suffix: str = "") -> Order:
    """What shall be learned, and how, by that base; None stands for one on another server.

    Raises:
        DatasetError: the files cannot be mixed as they should.
        RecipeError: a dial outside its range.
    """
    family = family_of(base) if base else "causal"
    if family == "encoder":
        rows, aside = data.training.rows, data.files.get(VALIDATION)
        labelled = Labelled(rows, aside.rows if aside else None)
        return Order((), recipe_of(body, len(rows), seed, family), suffix=suffix, labelled=labelled)
    examples = data.examples(body, seed)
    return Order(
        examples,
        recipe_of(body, len(examples), seed, family),
        data.aside or Validation(),
        suffix,
        body.data_may_leave,
        body.parent_mode or "continue",
        _gate(body, data),
    )


def _gate(body: TrainingBody, data: TrainingData) -> OldTask | None:
    if body.gate is None:
        return None
    rows = [example for example in data.said(GATE) if isinstance(example, TrainingExample)]
    return OldTask(rows, judge_of(data.files[GATE].rows), body.gate.bound)
