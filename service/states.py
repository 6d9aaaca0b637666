"""The states of a job, in OpenAI's words, and every way between them."""

from __future__ import annotations

from typing import Literal, get_args

Status = Literal["validating_files", "queued", "running", "succeeded", "failed", "cancelled"]

WAYS: dict[Status, tuple[Status, ...]] = {
    "validating_files": ("queued", "failed", "cancelled"),
    "queued": ("running", "cancelled", "failed"),
    "running": ("succeeded", "failed", "cancelled", "queued"),
    "succeeded": (),
    "failed": (),
    "cancelled": (),
}
STATUSES: tuple[Status, ...] = get_args(Status)
FINAL = tuple(status for status in STATUSES if not WAYS[status])
UNFINISHED = tuple(status for status in STATUSES if WAYS[status])


def sources(target: Status) -> tuple[Status, ...]:
    """The states from which a job may move to the target."""
    return tuple(status for status in STATUSES if target in WAYS[status])
