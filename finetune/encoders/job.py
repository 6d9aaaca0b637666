"""The training of an encoder before its first step: everything read, checked and encoded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from random import Random

from finetune import adapter, batches
from finetune.batches import Step
from finetune.data.rows import Row, as_json
from finetune.data.splitting import Split
from finetune.encoders import folder
from finetune.encoders.folder import FORM, EncoderManifest
from finetune.encoders.learner import EncoderLearner
from finetune.encoders.rows import Reader, encode, kind_of, names_in
from finetune.encoders.tagging import accuracy, entity_f1
from finetune.errors import DatasetError, RecipeError
from finetune.lora import inherited
from finetune.recipe import Recipe
from finetune.session import Judge, Parent
from generation.fingerprint import folder_hash

Metric = Callable[[Sequence[str], Sequence[str]], float]
"""Scores what is said against what is wanted; of words, their tags between spaces."""


class EncoderData:
    """Rows as an encoder on that base reads them.

    Args:
        parent: an encoder that shall learn them too.

    Raises:
        DatasetError: rows that cannot be learned, or not by the parent.
        ModelUnavailableError: the base has no readable tokenizer.
    """

    def __init__(
        self, base: Path, rows: Sequence[Row], aside: Sequence[Row], parent: EncoderManifest | None = None
    ) -> None:
        self.kind = kind_of([*rows, *aside])
        if parent and parent.kind != self.kind:
            raise DatasetError([f"The model has learned {parent.kind}, and these are {self.kind}."])
        self.names = names_in(rows, parent.names if parent else ())
        reader = Reader(base)
        read, kept = encode(rows, self.names, reader), encode(aside, self.names, reader)
        self.rows, self.aside, self.cut = read.rows, kept.rows, read.cut
        self.data_hash, self.aside_hash = _hash(rows), _hash(aside)


class EncoderJob:
    """One training: its learner, rows and plan.

    Raises:
        ModelUnavailableError: there is no readable encoder at `base`.
        AdapterMismatchError: the parent was made for another base.
        DatasetError: rows that cannot be learned, or not by the parent.
        RecipeError: the recipe does not fit the encoder or the parent.
    """

    def __init__(
        self, base: Path, split: Split, recipe: Recipe, metric: Metric | None, parent: Parent | None
    ) -> None:
        made = folder.check(parent.folder, base) if parent else None
        data = EncoderData(base, split.training, split.validation, made)
        if parent and made:
            recipe = _fitting(recipe, parent, made)
        self.base, self.data, self.rows, self.aside = base, data, data.rows, data.aside
        self.learner = EncoderLearner(base, data.names, data.rows, recipe, parent.folder if parent else None)
        self.recipe = recipe.settled(self.learner.width)
        self.plan = _plan([len(row.ids) for row in data.rows], self.recipe)
        lengths = [len(row.ids) for row in data.aside]
        self.aside_batches = batches.by_length(data.aside, lengths, self.recipe.batch_tokens)
        self.judge = self._judge(metric) if data.aside else None
        self.lineage = adapter.lineage(parent, made.training if made else None)
        self.identity = {
            "base": folder_hash(base),
            "form": FORM,
            "data": data.data_hash,
            "validation data": data.aside_hash,
            "recipe": repr(self.recipe),
            "parents": [asdict(ancestor) for ancestor in self.lineage],
        }

    def _judge(self, metric: Metric | None) -> Judge:
        score = metric or (accuracy if self.data.kind == "labels" else entity_f1)
        wanted = [" ".join(self.data.names[t] for t in row.targets) for row in self.aside]
        return lambda said: score(said, wanted)


def _fitting(recipe: Recipe, parent: Parent, made: EncoderManifest) -> Recipe:
    """The recipe with the shape of the parent, which training it on cannot change."""
    if parent.mode == "stack":
        raise RecipeError("An encoder is trained on as it is; continue it instead of stacking.")
    if recipe.method == "head" or not made.is_adapted:
        raise RecipeError("A head alone is fitted in one go; train the base anew, on all rows together.")
    return replace(inherited(recipe, parent.folder), layers=made.training.recipe.layers)


def _plan(lengths: Sequence[int], recipe: Recipe) -> list[Step]:
    """Steps of rows drawn at random, whose rows of like length are computed together.

    Steps of like lengths, which waste less, would be steps of like labels where these go with length.
    """
    size = recipe.batch_rows or len(lengths)
    steps: list[Step] = []
    for epoch in range(recipe.epochs):
        order = list(range(len(lengths)))
        Random(f"{recipe.seed}/{epoch}").shuffle(order)  # noqa: S311
        for start in range(0, len(order), size):
            drawn = order[start : start + size]
            parts = batches.in_order([lengths[i] for i in drawn], recipe.batch_tokens)
            numbered = [[drawn[i] for i in part] for part in parts]
            steps.append(Step(epoch + 1, numbered, start + size >= len(order)))
    return steps


def _hash(rows: Sequence[Row]) -> str:
    return hashlib.sha256("\n".join(map(as_json, rows)).encode("utf-8", "replace")).hexdigest()
