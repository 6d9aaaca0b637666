"""The training of an encoder before its first step: everything read, checked and encoded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from finetune import batches
from finetune.batches import Step
from finetune.data.rows import Row, as_json
from finetune.encoders.folder import FORM
from finetune.encoders.learner import EncoderLearner
from finetune.encoders.rows import Reader, encode, kind_of, names_in
from finetune.encoders.tagging import accuracy, entity_f1
from finetune.recipe import Recipe
from finetune.session import Judge
from generation.fingerprint import folder_hash

Metric = Callable[[Sequence[str], Sequence[str]], float]
"""Scores what is said against what is wanted; of words, their tags between spaces."""


class EncoderData:
    """Rows as an encoder on that base reads them.

    Raises:
        DatasetError: rows that cannot be learned.
        ModelUnavailableError: the base has no readable tokenizer.
    """

    def __init__(self, base: Path, rows: Sequence[Row], aside: Sequence[Row]) -> None:
        self.kind = kind_of([*rows, *aside])
        self.names = names_in(rows)
        reader = Reader(base)
        read, kept = encode(rows, self.names, reader), encode(aside, self.names, reader)
        self.rows, self.aside, self.cut = read.rows, kept.rows, read.cut
        self.data_hash, self.aside_hash = _hash(rows), _hash(aside)


class EncoderJob:
    """One training: its learner, rows and plan.

    Raises:
        ModelUnavailableError: there is no readable encoder at `base`.
        RecipeError: the recipe does not fit the encoder.
    """

    def __init__(self, base: Path, data: EncoderData, recipe: Recipe, metric: Metric | None) -> None:
        self.base, self.data, self.rows, self.aside = base, data, data.rows, data.aside
        self.learner = EncoderLearner(base, data.names, data.rows, recipe)
        self.recipe = recipe.settled(self.learner.width)
        self.plan = _plan([len(row.ids) for row in data.rows], self.recipe)
        lengths = [len(row.ids) for row in data.aside]
        self.aside_batches = batches.by_length(data.aside, lengths, self.recipe.batch_tokens)
        self.judge = self._judge(metric) if data.aside else None
        self.identity = {
            "base": folder_hash(base),
            "form": FORM,
            "data": data.data_hash,
            "validation data": data.aside_hash,
            "recipe": repr(self.recipe),
        }

    def _judge(self, metric: Metric | None) -> Judge:
        score = metric or (accuracy if self.data.kind == "labels" else entity_f1)
        wanted = [" ".join(self.data.names[t] for t in row.targets) for row in self.aside]
        return lambda said: score(said, wanted)


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
