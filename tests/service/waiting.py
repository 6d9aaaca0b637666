"""Waits for what a server does by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE_SECONDS = 900
"""Less than the time of a test; a slow machine that has much to do is no fault."""
LOOK_SECONDS = 0.1


def wait_for(what: Callable[[], Any]) -> Any:
    """What it gives once that is something."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(LOOK_SECONDS)
    raise AssertionError("waited in vain")
