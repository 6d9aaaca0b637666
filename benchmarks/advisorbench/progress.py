"""How long the adviser took, and how much time is left; both survive being killed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from advisor.events import Event
from advisor.files import write_atomically

Tell = Callable[[str], None]


class Stopwatch:
    """Listens to the adviser and keeps the seconds so far; a kill loses those since the last event."""

    def __init__(self, path: Path, tell: Tell) -> None:
        self._path, self._tell, self._seen = path, tell, time.perf_counter()
        self.seconds: float = json.loads(path.read_text("utf-8")) if path.exists() else 0.0

    def __call__(self, event: Event) -> None:
        """Count, keep, and pass the message on."""
        now = time.perf_counter()
        self.seconds, self._seen = self.seconds + now - self._seen, now
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._path, json.dumps(self.seconds).encode())
        self._tell(f"{event.done}/{event.total} {event.message}")


class Remaining:
    """Time left, from how long the finished part of the expected seconds really took."""

    def __init__(self, expected: float) -> None:
        self._left, self._done, self._spent = expected, 0.0, 0.0

    def finished(self, expected: float, took: float) -> None:
        """A piece is done."""
        self._left -= expected
        self._done, self._spent = self._done + expected, self._spent + took

    def __str__(self) -> str:
        speed = self._spent / self._done if self._done else 1.0
        minutes = round(self._left * speed / 60)
        return f"about {minutes // 60} h {minutes % 60:02} min left"
