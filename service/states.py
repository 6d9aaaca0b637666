"""The states of a job, in OpenAI's words, and every way between them."""

from __future__ import annotations

from typing import Literal, get_args

Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]

WAYS: dict[Status, tuple[Status, ...]] = {
    "queued": ("running", "cancelled", "failed"),
    "running": ("succeeded", "failed", "cancelled"),
    "succeeded": (),
    "failed": (),
    "cancelled": (),
}
STATUSES: tuple[Status, ...] = get_args(Status)
FINAL = tuple(status for status in STATUSES if not WAYS[status])


def sources(target: Status) -> tuple[Status, ...]:
    """The states from which a job may move to the target."""
    return tuple(status for status in STATUSES if target in WAYS[status])
