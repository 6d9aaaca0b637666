"""An encoder that learns: an adapter in its body and the head on top, which starts as a fitted one.

The head is fitted on the untouched body first, so that the body is not torn by a head that knows
nothing (Kumar et al. 2022, "Fine-Tuning can Distort Pretrained Features").
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from finetune.encoders import body
from finetune.encoders.body import Body
from finetune.encoders.rows import EncodedRow
from finetune.heads import Head
from finetune.lora import attached, save_adapter
from finetune.recipe import Recipe
from finetune.weights import BatchLoss, Weights, seeded, size_of

FIRST_FIT = 2_000
"""Texts or words that the first head is fitted on, at most."""
HEAD_SHARE = 10.0
"""How much faster the head learns than the body."""

Rows = Sequence[EncodedRow]


class EncoderLearner:
    """An encoder folder whose adapter and head learn to name the rows.

    Args:
        names: what the rows' targets number.
        rows: what the first head is fitted on.
        parent: an encoder's folder to go on from; its head grows by the names that it does not know.

    Raises:
        ModelUnavailableError: there is no readable encoder in the folder.
        RecipeError: the recipe does not fit the encoder.
    """

    def __init__(
        self, base: Path, names: Sequence[str], rows: Rows, recipe: Recipe, parent: Path | None = None
    ) -> None:
        self.names = tuple(names)
        model = body.load(base)
        self.width: int = model.config.hidden_size
        if parent:
            module = attached(model, parent)
            head = Head.load(parent)
            if head.labels != self.names:
                head = first_head(Body(module), names, rows, recipe.seed, head)
        else:
            head = first_head(Body(model), names, rows, recipe.seed)
            with seeded(recipe.seed):
                module = body.adapted(model, recipe)
        self._body = Body(module, recipe.precision)
        self._head = _LearningHead(head).to(model.device)
        self._body.module.peft_config["default"].base_model_name_or_path = base.name
        self.base_bytes = size_of(self._body.module)
        """Memory of the weights, the adapter's included."""
        self.weights = Weights(nn.ModuleList([self._body.module, self._head]), self._measure)

    def answers(self, rows: Rows) -> list[str]:
        """The name of each text; for words their names between spaces."""
        head = self._head.fitted(self.names)
        return [" ".join(head.predict(vectors)) for vectors in self._body.vectors(rows)]

    def save(self, folder: Path) -> None:
        """Write the adapter and the head."""
        save_adapter(self._body.module, folder)
        self._head.fitted(self.names).save(folder)

    def _measure(self, rows: Rows) -> BatchLoss:
        scores = self._head(self._body.features(rows))
        wanted = torch.tensor([t for row in rows for t in row.targets], device=scores.device)
        right = (scores.detach().argmax(-1) == wanted).sum()
        return BatchLoss(cross_entropy(scores, wanted, reduction="sum"), len(wanted), right)


def first_head(encoder: Body, names: Sequence[str], rows: Rows, seed: int, known: Head | None = None) -> Head:
    """A head for all names, fitted on what the encoder makes of the rows; what is known stays as it is."""
    vectors = np.concatenate(encoder.vectors(rows))[:FIRST_FIT]
    said = [names[t] for row in rows for t in row.targets][:FIRST_FIT]
    fitted = Head.fit(vectors, said, seed)
    weights = np.zeros((len(names), vectors.shape[1]), np.float32)
    bias = np.full(len(names), fitted.bias.min(), np.float32)
    for head in (fitted, known) if known else (fitted,):
        for at, name in enumerate(head.labels):
            place = list(names).index(name)
            weights[place], bias[place] = head.weights[at], head.bias[at]
    return Head(tuple(names), weights, bias)


class _LearningHead(nn.Module):
    """A linear head whose weights are kept small, so that a step of the optimiser moves its scores more."""

    def __init__(self, head: Head) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(head.weights / HEAD_SHARE))
        self.bias = nn.Parameter(torch.tensor(head.bias / HEAD_SHARE))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Scores of shape (n, names)."""
        return nn.functional.linear(features, self.weight, self.bias) * HEAD_SHARE

    def fitted(self, names: tuple[str, ...]) -> Head:
        """The head as it is now."""
        weights, bias = ((p.detach() * HEAD_SHARE).cpu().numpy() for p in (self.weight, self.bias))
        return Head(names, weights, bias)
