"""What a running recommendation tells whoever watches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Event:
    """One step of the journey."""

    kind: Literal["stage", "trial", "verdict"]
    message: str
    method: str | None = None
    done: int = 0
    """Finished trials."""
    total: int = 0
    """Trials in all."""
    standing: dict[str, float] = field(default_factory=dict)
    """Score so far of every method, on the samples that it has answered."""

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The listener that does nothing."""


def never() -> bool:
    """The question "is it cancelled?" that is always answered with no."""
    return False
