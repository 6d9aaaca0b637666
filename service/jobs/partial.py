"""The outcome of a job that was stopped on the way and has something to show."""

from __future__ import annotations

from typing import Any


class Partial(Exception):  # noqa: N818 - an outcome, not a fault
    """Stopped on the way, with a result from what was measured until then."""

    def __init__(self, result: dict[str, Any]) -> None:
        super().__init__("stopped on the way")
        self.result = result
