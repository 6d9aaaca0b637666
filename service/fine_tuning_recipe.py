"""A client's dials as a recipe; what is left out follows from the amount of data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from finetune.encoders.recipe import for_rows
from finetune.recipe import Recipe
from generation.families import Family
from service.schemas.fine_tuning_body import TrainingBody

OWN = ("rank", "alpha", "layers", "learning_rate", "batch_tokens", "patience", "long_rows", "precision")
METHODS = {"last_layers": "full"}
"""Of kinds that are not methods themselves."""


def recipe_of(body: TrainingBody, rows: int, seed: int, family: Family = "causal") -> Recipe:
    """How to train a model of that kind on that many rows.

    Raises:
        RecipeError: a dial outside its range.
    """
    asked = body.dials
    given: dict[str, Any] = {name: getattr(body.recipe, name) for name in OWN}
    given["method"] = METHODS.get(body.recipe.kind, body.recipe.kind)
    given["epochs"], given["batch_rows"] = asked.n_epochs, asked.batch_size
    given["rate_multiplier"] = asked.learning_rate_multiplier
    wanted = {name: value for name, value in given.items() if value is not None}
    usual = for_rows if family == "encoder" else Recipe.for_size
    return replace(usual(rows, seed=seed), **wanted)
