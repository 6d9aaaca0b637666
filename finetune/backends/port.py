"""The port of whatever trains: rows and a recipe go in, the name of a model that answers comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from finetune.adapter import Manifest
from finetune.data.rows import Row
from finetune.dataset import Example
from finetune.gate import OldTask
from finetune.recipe import Recipe
from finetune.session import Control, ParentMode, Validation

Level = Literal["info", "warn", "error"]


@dataclass(frozen=True, slots=True)
class Labelled:
    """What an encoder learns: labelled texts or tagged tokens."""

    rows: Sequence[Row]
    aside: Sequence[Row] | None = None
    """Rows that choose the best epoch; None holds a share of many rows out."""


@dataclass(frozen=True, slots=True)
class Order:
    """What shall be learned, and how."""

    examples: Sequence[Example]
    recipe: Recipe
    validation: Validation = field(default_factory=Validation)
    suffix: str = ""
    """Letters, digits, dots and dashes that the model's name shall hold."""
    data_may_leave: bool = False
    """Whether the rows may be sent to another server."""
    mode: ParentMode = "continue"
    """How an adapter is trained on."""
    gate: OldTask | None = None
    """What the model can do and the new one must not do worse."""
    labelled: Labelled | None = None
    """For an encoder, instead of examples and their validation."""

    @property
    def aside(self) -> Validation | None:
        """The validation, if it has rows."""
        return self.validation if self.validation.rows else None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a training tells."""

    message: str
    level: Level = "info"
    data: Mapping[str, Any] | None = None
    """Of a step, in OpenAI's words: step, train_loss, ..."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What became of an order."""

    model: str
    """The name by which the catalog opens it."""
    trained_tokens: int | None
    folder: Path | None = None
    """Where it lies, if that is here."""
    manifest: Manifest | None = None
    """How its training went, if that was here."""


Listener = Callable[[Event], None]


class Backend(Protocol):
    """Something that trains."""

    def train(self, order: Order, tell: Listener | None = None, control: Control | None = None) -> Trained:
        """Carry the order out; the same order again goes on, or gives the finished model.

        Raises:
            DatasetError: rows that cannot be trained on.
            RecipeError: dials that do not fit the model or the place.
            DataMustStay: the rows would leave this machine, and may not.
            TrainingError: the training went wrong.
            Cancelled, Paused: `control` said so.
            GenerationError: the model or the server cannot be reached.
        """
        ...
