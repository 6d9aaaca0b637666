"""How commands speak: to standard error, and with an exit status."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console

from service.settings import Settings

BAD_INPUT = 2
FAILED = 1
console = Console(stderr=True)


def fail(message: str, status: int = FAILED) -> NoReturn:
    """Say what is wrong, without colours or markup of the message's own, and end."""
    console.print("error:", style="bold red", end=" ")
    console.print(message, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(status)


def check_target(path: Path) -> None:
    """Refuse a place where no file can be written, before any work is done."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        fail(f"{path}: give the name of a file in a folder that exists.", BAD_INPUT)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """A block that writes a file; a full disk and the like end in a message."""
    try:
        yield
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror or error}.")


def settings_from(**overrides: object) -> Settings:
    """The settings, or a message that names the variable or option that is wrong."""
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        fault = error.errors(include_input=False)[0]
        field = ".".join(str(part) for part in fault["loc"])
        message = fault["msg"].removeprefix("Value error, ")
        option = f" (or --{field.replace('_', '-')})" if field in overrides else ""
        fail(f"TRIVIUM_{field.upper()}{option}: {message}" if field else message, BAD_INPUT)
    except SettingsError as error:
        field = str(error).split('"')[1]
        fail(f"TRIVIUM_{field.upper()}: is not JSON; write it as one object, in double quotes.", BAD_INPUT)
