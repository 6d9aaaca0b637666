"""What a training has around it: who listens, who may stop it, where it can be resumed from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Literal, Protocol

from finetune.activations import Activations
from finetune.dataset import Example
from finetune.progress import Progress

ParentMode = Literal["continue", "stack"]
Judge = Callable[[Sequence[str]], float]
"""Scores the answers to the validation rows, in their order; higher is better."""


class Wish(Enum):
    """What whoever runs a training wants of it."""

    GO_ON = "go on"
    PAUSE = "pause"
    CANCEL = "cancel"


class Control(Protocol):
    """Asked before every step; must answer at once."""

    def wish(self) -> Wish:
        """What the training shall do now."""
        ...


@dataclass(frozen=True, slots=True)
class Session:
    """The listeners and helpers of one training; none of them changes what is learned."""

    on_step: Callable[[Progress], None] | None = None
    """Told after every step; after a resume again about steps since the last checkpoint."""
    control: Control | None = None
    checkpoints: Path | None = None
    """The folder that this training alone keeps its checkpoint in; None keeps none."""
    every: float = 30.0
    """Seconds between checkpoints."""
    on_epoch: Callable[[Progress, Callable[[Path], None]], None] | None = None
    """Told after the last step of each epoch, with what writes the model as it is then to a folder."""
    accept: Callable[[Path], None] | None = None
    """Shown the finished folder before it takes its place; an error that it raises refuses the folder."""
    activations: Activations = field(default_factory=Activations)
    """What layers that do not learn make of the rows; share it between trainings on one base."""


@dataclass(frozen=True, slots=True)
class Validation:
    """Rows that are not learned: they stop the training early and choose the best epoch."""

    rows: Sequence[Example] = ()
    judge: Judge | None = None
    """Chooses by the task metric; without it by the loss."""


@dataclass(frozen=True, slots=True)
class Parent:
    """A finished adapter to start from."""

    folder: Path
    mode: ParentMode = "continue"
    """Train its own weights on, or train new ones on top of the base with it merged in."""
