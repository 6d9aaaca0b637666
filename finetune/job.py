"""A training before its first step: everything read, checked and encoded, and what makes it this one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from finetune import adapter, batches
from finetune.activations import Activations
from finetune.dataset import Example, TrainingExample, data_hash, encode, unique
from finetune.errors import DatasetError, RecipeError
from finetune.learner import Learner
from finetune.lora import inherited
from finetune.recipe import Recipe
from finetune.rows import EncodedExample
from finetune.session import Parent, Validation
from generation.encoding import prompt_hash
from generation.fingerprint import folder_hash
from generation.prefix import shared_length

_BYTES = 4
"""Of a number in a hidden state."""


class Job:
    """One training: its learner, rows and plan.

    Raises:
        DatasetError: rows that cannot be trained on, or a judge without answers to judge.
        RecipeError: the recipe does not fit the base or the parent.
        ModelUnavailableError: there is no readable model at `base`, or no finished parent.
        AdapterMismatchError: the parent was made for another base or other prompts.
    """

    def __init__(
        self,
        base: Path,
        examples: Sequence[Example],
        recipe: Recipe,
        validation: Validation | None = None,
        parent: Parent | None = None,
        activations: Activations | None = None,
    ) -> None:
        given = validation or Validation()
        recipe = _fitting(recipe, parent)
        self.base = base
        self.learner = Learner(base, recipe, parent)
        self.recipe = recipe.settled(self.learner.width)
        self._examples = unique(examples)
        self.rows = self._encoded(self._examples)
        self.aside = self._encoded_aside(given.rows) if given.rows else []
        lengths = own_lengths(self.aside)
        self.aside_batches = batches.by_length(self.aside, lengths, self.recipe.batch_tokens)
        self.judge = given.judge
        if self.judge and not (self.aside and all(row.is_answer for row in self.aside)):
            raise DatasetError(["A judge scores answers; give it validation rows that are conversations."])
        self.plan = batches.plan(own_lengths(self.rows), self.recipe)
        remembered = self._remember(activations or Activations())
        self.lineage = adapter.lineage(parent, adapter.read(parent.folder) if parent else None)
        self.identity: dict[str, Any] = {
            "base": folder_hash(base),
            "prompts": prompt_hash(self.learner.tokenizer),
            "data": data_hash(self._examples),
            "validation data": data_hash(given.rows),
            "judged": self.judge is not None,
            # What frozen layers make of a row, computed once, is rounded differently.
            "remembered": remembered,
            "recipe": asdict(self.recipe),
            "parents": [asdict(ancestor) for ancestor in self.lineage],
        }

    @property
    def dropped_rows(self) -> int:
        """Conversations over the context window that were left out."""
        asked = sum(isinstance(example, TrainingExample) for example in self._examples)
        return asked - sum(row.is_answer for row in self.rows)

    def _encoded_aside(self, examples: Sequence[Example]) -> list[EncodedExample]:
        try:
            return self._encoded(examples)
        except DatasetError as error:
            raise DatasetError([f"Validation: {problem}" for problem in error.problems]) from error

    def _remember(self, store: Activations) -> bool:
        if self.recipe.layers is None:
            return False
        tokens = sum(len(row.ids) for row in [*self.rows, *self.aside])
        needed = tokens * self.learner.width * _BYTES
        return needed <= store.limit_bytes and self.learner.remember(store)

    def _encoded(self, examples: Sequence[Example]) -> list[EncodedExample]:
        rows = encode(examples, self.learner.tokenizer, self.learner.window, self.recipe.long_rows)
        if self.learner.has_two_parts and not all(row.is_answer for row in rows):
            raise DatasetError(["A model of two parts learns answers; give it conversations, no plain text."])
        return rows


def own_lengths(rows: Sequence[EncodedExample]) -> list[int]:
    """Tokens of each row beyond the beginning that all share, which a step computes once."""
    shared = shared_length([row.prompt for row in rows])
    return [len(row.ids) - shared for row in rows]


def _fitting(recipe: Recipe, parent: Parent | None) -> Recipe:
    if recipe.method == "head":
        raise RecipeError("A head is fitted on an encoder, such as all-MiniLM-L6-v2; choose lora.")
    if parent is None:
        return recipe
    if recipe.method == "full":
        raise RecipeError(
            "A full training cannot start from an adapter; choose lora, or train a full parent."
        )
    made = adapter.read(parent.folder)
    if parent.mode == "stack":
        return recipe
    stacked = any(ancestor.mode == "stack" for ancestor in made.lineage)
    return replace(inherited(recipe, parent.folder), layers=None if stacked else made.recipe.layers)
