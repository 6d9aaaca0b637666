"""`trivium compare`: models side by side on the rows of a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from finetune.comparing import Comparison, Interval, compare
from finetune.errors import FinetuneError
from generation.errors import GenerationError
from service.commands.data import read_or_fail
from service.commands.messages import BAD_INPUT, check_target, console, fail, settings_from, writing
from service.wiring import build_catalog

SHOWN = 300
"""Characters of a text that are shown."""


def run_compare(names: Sequence[str], data: Path, show: int, json_out: Path | None) -> None:
    """Ask each model each row, and tell scores and answers."""
    if len(set(names)) < 2:
        fail("Name at least two different models; the first is what the others are held against.", BAD_INPUT)
    if json_out is not None:
        check_target(json_out)
    rows = read_or_fail(data).rows
    catalog = build_catalog(settings_from())
    try:
        with console.status("asking the models"):
            found = compare([catalog.open(name) for name in names], rows)
    except (FinetuneError, GenerationError) as error:
        fail(str(error), BAD_INPUT)
    if json_out is not None:
        with writing(json_out):
            json_out.write_text(json.dumps(asdict(found), ensure_ascii=False, indent=2) + "\n", "utf-8")
    _print(found, show)


def _print(found: Comparison, show: int) -> None:
    out = Console()
    out.print(_scores(found))
    for row in found.different[:show]:
        out.print(_answers(found, row))
    typer.echo(f"{len(found.lines):,} rows; {found.metric} from 0 to 1, with intervals of 95 %.")


def _scores(found: Comparison) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("model", found.metric, f"against {found.sides[0].model}", "s per answer"):
        table.add_column(Text(name))
    for side in found.sides:
        gain = "" if side.gain is None else told(side.gain, "+.3f")
        table.add_row(Text(side.model), told(side.score, ".3f"), gain, f"{side.seconds:.3f}")
    return table


def _answers(found: Comparison, row: int) -> Table:
    """One row: what was asked and wanted, and each answer."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_row(Text(f"line {found.lines[row]}", "dim"), Text(found.asked[row][:SHOWN]))
    table.add_row(Text("wanted", "dim"), Text(found.wanted[row][:SHOWN]))
    for side in found.sides:
        style = "green" if side.scores[row] == 1 else "yellow"
        table.add_row(Text(side.model, "dim"), Text(side.answers[row][:SHOWN], style))
    return table


def told(interval: Interval, form: str) -> str:
    """A mean and its bounds."""
    mean, low, high = (format(x, form) for x in (interval.mean, interval.low, interval.high))
    return f"{mean} ({low} to {high})"
