"""Live progress of a measurement in the terminal: one bar, and the standing below it."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from advisor.events import Event


class LiveProgress:
    """Shows events as they come."""

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        )
        self._task = self._bar.add_task("starting", total=None)
        self._live = Live(self._bar, console=console, refresh_per_second=4)
        self.standing: Mapping[str, float] = {}

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last picture on the screen."""
        self._live.__exit__(kind, error, trace)
        if not self._live.console.is_terminal:
            self._live.console.print()

    def show(self, event: Event) -> None:
        """Draw one event."""
        if event.total:
            self._bar.update(self._task, completed=event.done, total=event.total)
        if event.kind != "verdict":
            self._bar.update(self._task, description=event.message)
        self.standing = event.standing or self.standing
        self._live.update(Group(self._bar, standing_table(self.standing)))


def standing_table(standing: Mapping[str, float]) -> Table:
    """Methods by score, best first."""
    table = Table(box=None, padding=(0, 2))
    table.add_column("method")
    table.add_column("score", justify="right")
    for method, score in sorted(standing.items(), key=lambda pair: -pair[1]):
        table.add_row(method, f"{score:.3f}")
    return table
