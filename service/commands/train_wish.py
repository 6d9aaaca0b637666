"""What `trivium train` was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LocalDials:
    """What only a training on this machine can be told; files may carry a number, as in FILE=0.3."""

    kind: str | None
    rank: int | None
    layers: int | None
    mode: str | None
    mix: Sequence[str]
    replay: str | None
    gate: str | None
    accept: Sequence[str]

    @property
    def given(self) -> bool:
        """Whether any of them was."""
        return any(astuple(self))


@dataclass(frozen=True, slots=True)
class TrainWish:
    """A training, here or on another server."""

    file: Path
    validation: Path | None
    model: str
    epochs: int | None
    suffix: str
    seed: int
    data_may_leave: bool
    local: LocalDials
