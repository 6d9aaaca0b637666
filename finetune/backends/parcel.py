"""What an order looks like to a server of OpenAI's kind: two files, three dials and a mark."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from finetune.backends.port import Order
from finetune.dataset import Example, TrainingExample, unique
from finetune.errors import DatasetError, RecipeError
from finetune.recipe import Recipe

OURS_ALONE = ("method", "rank", "alpha", "layers", "learning_rate", "accumulate", "patience", "precision")
"""Dials of a recipe that OpenAI's API has no word for."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Everything that is sent."""

    training: bytes
    validation: bytes | None
    dials: dict[str, Any]
    suffix: str
    seed: int
    key: str
    """The same for the same order, whoever sends it and when."""


def pack(model: str, order: Order) -> Parcel:
    """The order as it is sent to train that model.

    Raises:
        DatasetError: rows that are no conversations with an answer.
        RecipeError: a dial that the server could not be told.
    """
    if order.gate:
        raise RecipeError("A remote training knows no gate; compare the models when it is over.")
    dials = _dials(order.recipe)
    training = _lines(unique(order.examples), "Row")
    validation = _lines(order.validation.rows, "Validation: row") if order.validation.rows else None
    told = [model, dials, order.suffix, order.recipe.seed]
    parts = (json.dumps(told, sort_keys=True).encode(), training, validation or b"")
    key = sha256(b"".join(sha256(part).digest() for part in parts)).hexdigest()[:32]
    return Parcel(training, validation, dials, order.suffix, order.recipe.seed, key)


def _dials(recipe: Recipe) -> dict[str, Any]:
    usual = Recipe()
    other = [name for name in OURS_ALONE if getattr(recipe, name) != getattr(usual, name)]
    if other:
        raise RecipeError(
            f"A remote training cannot be told {', '.join(other)}; it takes epochs, batch_rows, "
            "rate_multiplier and seed. Leave the others out, or train a local model."
        )
    return {
        "n_epochs": recipe.epochs,
        "batch_size": recipe.batch_rows or "auto",
        "learning_rate_multiplier": recipe.rate_multiplier if recipe.rate_multiplier != 1 else "auto",
    }


def _lines(examples: Sequence[Example], called: str) -> bytes:
    problems = [
        f"{called} {number}: a remote training takes only conversations that end in an answer."
        for number, example in enumerate(examples, start=1)
        if not (isinstance(example, TrainingExample) and example.answer.strip())
    ]
    if problems or not examples:
        raise DatasetError(problems or ["There are no training examples; give at least one."])
    return b"".join(b'{"messages": ' + example.canonical + b"}\n" for example in examples)
