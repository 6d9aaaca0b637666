"""What the training loop needs of a training: rows, a plan and a learner, whatever these are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from finetune.batches import Step
from finetune.recipe import Recipe
from finetune.session import Judge
from finetune.weights import Rows, Weights


class EncodedRow(Protocol):
    """A row as the learner reads it."""

    @property
    def ids(self) -> list[int]:
        """Its tokens."""
        ...


class Learning(Protocol):
    """A model that learns."""

    @property
    def width(self) -> int:
        """Of its hidden states."""
        ...

    @property
    def weights(self) -> Weights:
        """What of it learns."""
        ...

    def answers(self, rows: Rows) -> list[str]:
        """What it answers to each row."""
        ...


class Trainable(Protocol):
    """A training before its first step."""

    @property
    def recipe(self) -> Recipe:
        """How it is trained."""
        ...

    @property
    def learner(self) -> Learning:
        """What is trained."""
        ...

    @property
    def plan(self) -> Sequence[Step]:
        """All steps."""
        ...

    @property
    def aside(self) -> Rows:
        """The validation rows."""
        ...

    @property
    def judge(self) -> Judge | None:
        """Scores the answers to them."""
        ...

    @property
    def rows(self) -> Sequence[EncodedRow]:
        """What is learned."""
        ...

    @property
    def aside_batches(self) -> Sequence[Rows]:
        """All validation rows once."""
        ...

    @property
    def identity(self) -> Mapping[str, Any]:
        """What a checkpoint must agree on with the training that goes on from it, in JSON values."""
        ...
