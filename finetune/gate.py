"""A gate at the end of a training: what was learned must not cost what the model could do before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from finetune.dataset import TrainingExample
from finetune.errors import DatasetError, Forgot
from finetune.session import Judge
from generation.adapter_folder import MODEL_MANIFEST
from generation.language_model import Request
from generation.messages import Message

if TYPE_CHECKING:
    from generation.transformers_model import TransformersModel

BOUND = 0.02


@dataclass(frozen=True, slots=True)
class OldTask:
    """What a model could do before, and must still do."""

    rows: Sequence[TrainingExample]
    """Best such as were not learned."""
    judge: Judge
    """Scores the answers to the rows, in their order."""
    bound: float = BOUND
    """How far the score may fall."""


@dataclass(frozen=True, slots=True)
class ForgettingGate:
    """Refuses what does the old task worse than the model that it was made from; a session's `accept`.

    Both answer as they are served. The parent's folder is only read.
    """

    base: Path
    parent: Path | None
    """The adapter that was trained on; None where it was the base itself."""
    task: OldTask
    tell: Callable[[float, float], None] | None = None
    """Told both scores."""

    def __call__(self, made: Path) -> None:
        """Compare what was there before with what was made of it.

        Raises:
            Forgot: the score fell by more than the bound.
            DatasetError: there are no rows to compare on.
        """
        if not self.task.rows:
            raise DatasetError(["There are no rows of the parent's task; give some, or leave the gate out."])
        before, after = self._score(self.parent), self._score(made)
        if self.tell:
            self.tell(before, after)
        # A score that is no number must not pass.
        if not before - after <= self.task.bound:
            raise Forgot(before, after, self.task.bound)

    def _score(self, folder: Path | None) -> float:
        model = self._opened(folder)
        requests = [Request(row.messages[:-1], max_tokens=_room(model, row)) for row in self.task.rows]
        return self.task.judge([said.text for said in model.generate(requests)])

    def _opened(self, folder: Path | None) -> TransformersModel:
        # Loaded only now: whoever asks for a gate need not hold a model.
        from generation.transformers_model import TransformersModel

        if folder is not None and (folder / MODEL_MANIFEST).exists():
            return TransformersModel("asked", folder)
        return TransformersModel("asked", self.base, adapter=folder)


def _room(model: TransformersModel, row: TrainingExample) -> int:
    wanted = model.count_tokens((Message("user", row.answer),))
    return max(1, min(2 * wanted, model.context_window - model.count_tokens(row.messages[:-1])))
