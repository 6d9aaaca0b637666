"""Learning something new without losing the old: some of the parent's rows again, and a gate at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from finetune.dataset import Example, TrainingExample, unique
from finetune.errors import DatasetError, Forgot, RecipeError
from finetune.mixture import drawn
from finetune.session import Judge
from generation.language_model import Request
from generation.messages import Message
from generation.transformers_model import TransformersModel

SHARE, BOUND = 0.2, 0.02


def replayed(
    new: Sequence[Example], old: Sequence[Example], share: float = SHARE, seed: int = 0
) -> list[Example]:
    """All new rows, and so many of the parent's that these make up the share; fewer where there are fewer.

    Raises:
        RecipeError: the share is not between 0 and 1.
    """
    if not 0 <= share < 1:
        raise RecipeError(f"The share of replayed rows is {share}; it must be from 0 to below 1.")
    fresh, known = unique(new), unique(old)
    return [*fresh, *drawn(known, round(len(fresh) * share / (1 - share)), f"{seed}/replay")]


@dataclass(frozen=True, slots=True)
class ForgettingGate:
    """Refuses an adapter that does the parent's task worse than the parent; a session's `accept`.

    Both answer as they are served. The parent's folder is only read.
    """

    base: Path
    parent: Path
    rows: Sequence[TrainingExample]
    """Of the parent's task, best such as it did not learn."""
    judge: Judge
    """Scores the answers to the rows, in their order."""
    bound: float = BOUND
    """How far the score may fall."""

    def __call__(self, made: Path) -> None:
        """Compare the parent with what was made of it.

        Raises:
            Forgot: the score fell by more than the bound.
            DatasetError: there are no rows to compare on.
        """
        if not self.rows:
            raise DatasetError(["There are no rows of the parent's task; give some, or leave the gate out."])
        before, after = self._score(self.parent), self._score(made)
        # A score that is no number must not pass.
        if not before - after <= self.bound:
            raise Forgot(before, after, self.bound)

    def _score(self, adapter: Path) -> float:
        model = TransformersModel("asked", self.base, adapter=adapter)
        requests = [
            Request(row.messages[:-1], max_tokens=2 * model.count_tokens((Message("user", row.answer),)))
            for row in self.rows
        ]
        return self.judge([said.text for said in model.generate(requests)])
