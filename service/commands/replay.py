"""`trivium replay`: every figure of a report again, from its bundle and without any model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from advisor.errors import UseCaseError
from service.commands.messages import BAD_INPUT, check_target, console, fail, writing


def run(bundle: Path, changes: Mapping[str, Any], json_out: Path | None, report: Path | None) -> None:
    """Weigh the bundle again, say the advice, and whether it is what the bundle says."""
    from advisor.replay import replay
    from advisor.report import as_html, as_markdown

    for target in (json_out, report):
        if target is not None:
            check_target(target)
    told = {name: value for name, value in changes.items() if value is not None}
    try:
        result, differing = replay(bundle, **told)
    except UseCaseError as error:
        fail(str(error), BAD_INPUT)
    page = as_markdown if report is not None and report.suffix == ".md" else as_html
    for target, text in ((json_out, result.model_dump_json(indent=1)), (report, page(result))):
        if target is not None:
            with writing(target):
                target.write_text(text, "utf-8")
    typer.echo(result.sentence)
    if told:
        changed = ", ".join(f"{name} {value}" for name, value in told.items())
        parts = ", ".join(differing) or "none"
        _tell(f"With {changed}; these parts differ from the report: {parts}.")
    elif differing:
        parts = ", ".join(differing)
        fail(
            f"The report in the bundle says otherwise in: {parts}. It was made by another version of Trivium "
            "or with other prices, or it was changed."
        )
    else:
        _tell("Every figure is as in the report of the bundle.")


def _tell(message: str) -> None:
    console.print(message, markup=False, highlight=False, soft_wrap=True)
