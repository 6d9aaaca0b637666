"""A model that learns: losses, steps, answers and its whole state; knows no epochs and no plans."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Protocol

import torch

from finetune import batches
from finetune.activations import Activations
from finetune.frozen import FrozenLayers
from finetune.lora import LoraModel
from finetune.losses import LossFunction
from finetune.recipe import Precision, Recipe
from finetune.rows import EncodedExample
from finetune.session import Parent
from finetune.two_part_loss import TwoPartLoss
from finetune.weights import Measure, Weights, seeded, size_of
from finetune.whole import WholeModel
from generation import checkpoint
from generation.answer import Answer
from generation.decoding import Draft, Writing
from generation.fingerprint import folder_hash
from generation.language_model import Request
from generation.lora_rows import LoraRows
from generation.two_parts import is_two_parts

ANSWER_TOKENS = 4096
"""Prompt and answer tokens, padding included, that are computed together when it answers."""

Rows = Sequence[EncodedExample]


class Trainee(Protocol):
    """What kind of weights learn, and how they are written."""

    module: Any
    """What answers and is written; its parameters that want gradients learn."""

    @property
    def model(self) -> Any:
        """The language model itself."""
        ...

    def save(self, folder: Path) -> None:
        """Write what was learned."""
        ...

    def served(self, folder: Path) -> Any:
        """What was written, loaded as serving loads it."""
        ...


class Learner:
    """A model folder whose adapter, or whose own weights, learn by AdamW.

    The first weights follow the recipe's seed.

    Raises:
        ModelUnavailableError: there is no readable model in the folder, or the parent is not finished.
        AdapterMismatchError: the parent was made for another base.
        RecipeError: the recipe does not fit the model.
    """

    def __init__(self, base: Path, recipe: Recipe, parent: Parent | None = None) -> None:
        self.tokenizer = checkpoint.load_tokenizer(base)
        self.window = checkpoint.context_window(base, self.tokenizer)
        with seeded(recipe.seed):
            self._trainee = _trainee(base, self.tokenizer, recipe, parent)
        model = self._trainee.model
        self.base_bytes = size_of(model)
        """Memory of the weights, the adapter's included."""
        self.width: int = model.config.get_text_config().hidden_size
        self._ends = checkpoint.end_tokens(model, self.tokenizer)
        self._precision = recipe.precision
        self._frozen_weights = f"{folder_hash(base)}/{_below(parent)}"
        self.has_two_parts = is_two_parts(model)
        """Whether one part reads and another writes; such a model learns answers alone."""
        self.weights = Weights(self._trainee.module, _loss_of(model, recipe.precision))

    def remember(self, store: Activations) -> bool:
        """Compute the layers below the first that learns once for each row, where that gives the same."""
        if self.has_two_parts:
            return False
        frozen = FrozenLayers(self._trainee.model, self._frozen_weights, store)
        if frozen.agree():
            self.weights.measure = LossFunction(self._trainee.model, self._precision, frozen)
            return True
        return False

    def answers(self, rows: Rows) -> list[str]:
        """What the model answers to the rows' prompts; at most twice as long as the rows' longest answer."""
        longest = 2 * max(row.answer_tokens for row in rows) + 8
        found: dict[int, str] = {}
        for batch in batches.in_order([len(row.prompt) + longest for row in rows], ANSWER_TOKENS):
            said = self._answer(self._trainee.module, [rows[i] for i in batch], longest)
            found.update(zip(batch, (answer.text for answer in said), strict=True))
        return [found[i] for i in range(len(rows))]

    def save(self, folder: Path) -> None:
        """Write what was learned."""
        self._trainee.save(folder)

    @torch.no_grad()
    def served(self, folder: Path, rows: Rows) -> tuple[float, bool | None]:
        """The loss of what was written, and whether it ends its answer to the first row, if that asks."""
        model = self._trainee.served(folder)
        part = _loss_of(model)(rows)
        if not rows[0].is_answer:
            return float(part.summed) / part.tokens, None
        [answer] = self._answer(model, rows[:1], 2 * rows[0].answer_tokens + 8)
        return float(part.summed) / part.tokens, answer.finish_reason == "stop"

    def _answer(self, model: Any, rows: Rows, tokens: int) -> list[Answer]:
        rooms = [max(1, min(tokens, self.window - len(row.prompt))) for row in rows]
        answers = [Answer(Request((), max_tokens=room), self._ends, self._text) for room in rooms]
        writing = Writing(model, LoraRows(model), nullcontext())
        writing.join([Draft(row.prompt, answer, None) for row, answer in zip(rows, answers, strict=True)])
        while not writing.is_done:
            writing.go_on()
        return answers

    def _text(self, tokens: list[int]) -> str:
        return str(self.tokenizer.decode(tokens, skip_special_tokens=True))


def _trainee(base: Path, tokenizer: Any, recipe: Recipe, parent: Parent | None) -> Trainee:
    if recipe.method == "full":
        return WholeModel(base, tokenizer, recipe)
    return LoraModel(base, tokenizer, recipe, parent)


def _loss_of(model: Any, precision: Precision = "float32") -> Measure:
    return (TwoPartLoss if is_two_parts(model) else LossFunction)(model, precision)


def _below(parent: Parent | None) -> str:
    """What is merged into the base."""
    return folder_hash(parent.folder) if parent and parent.mode == "stack" else ""
