"""The files that a command was given, those in folders among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from service.commands.messages import BAD_INPUT, fail


def files_under(paths: Sequence[Path]) -> Iterator[Path]:
    """Files as they are named, and all in folders but hidden ones, in order."""
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        elif path.is_file():
            yield path
        else:
            fail(f"There is no file {path}; check its name.", BAD_INPUT)
