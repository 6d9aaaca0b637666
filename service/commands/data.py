"""`trivium data check`: read, check and repair a data set, and say it in a table or in JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from finetune.data.checking import check_dataset
from finetune.data.dataset import Dataset, read_dataset
from finetune.data.errors import UnreadableDataError
from finetune.data.fixing import Fixed, fix_dataset
from finetune.data.report import Change, Report
from finetune.data.tokens import Encoder
from finetune.data.writing import write_rows
from generation.errors import GenerationError
from service.commands.data_tables import show_changes, show_report
from service.commands.messages import BAD_INPUT, FAILED, check_target, fail, settings_from, writing
from service.wiring import build_catalog


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command was asked for."""

    file: Path
    validation: Path | None
    fix: Path | None
    model: str | None
    preview: int
    as_json: bool


def run_check(wish: Wish) -> None:
    """Check the file; with a place to write, repair it first and judge what was written."""
    _check_target(wish)
    data = read_or_fail(wish.file)
    validation = read_or_fail(wish.validation) if wish.validation else None
    encoder = _encoder(wish.model) if wish.model else None
    report = check_dataset(data, validation, encoder, wish.preview)
    if wish.fix is None:
        _say(wish, report)
    else:
        fixed = fix_dataset(data, validation)
        with writing(wish.fix):
            write_rows(wish.fix, fixed.data.rows)
        report = _say_fixed(wish, report, fixed, check_dataset(fixed.data, validation, encoder, 0))
    if not report.ok:
        raise typer.Exit(FAILED)


def _check_target(wish: Wish) -> None:
    if wish.fix is None:
        return
    if wish.fix.absolute() in (wish.file.absolute(), wish.validation and wish.validation.absolute()):
        fail(f"{wish.fix} is the file that is read; write the repaired rows to another one.", BAD_INPUT)
    check_target(wish.fix)


def read_or_fail(path: Path) -> Dataset:
    """The data set in a file, or a message that says why there is none."""
    try:
        return read_dataset(path)
    except UnreadableDataError as error:
        fail(f"{path}: {error}", BAD_INPUT)


def _encoder(model: str) -> Encoder:
    try:
        folder = build_catalog(settings_from()).folder(model)
        # Only now: this loads the model libraries.
        from finetune.data.encoders import load_encoder

        return load_encoder(folder)
    except GenerationError as error:
        fail(str(error), BAD_INPUT)


def _say(wish: Wish, report: Report) -> None:
    if wish.as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False, indent=2))
    else:
        show_report(report)


def _say_fixed(wish: Wish, before: Report, fixed: Fixed, after: Report) -> Report:
    """Tell both reports and what was changed between them; the later one counts."""
    if wish.as_json:
        told = {"before": asdict(before), "changes": _plain(fixed.changes), "after": asdict(after)}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        show_report(before)
        show_changes(fixed.changes, f"{after.rows:,} rows written to {wish.fix}")
        show_report(after, heading="Left to do")
    return after


def _plain(changes: Sequence[Change]) -> list[dict[str, object]]:
    return [asdict(change) for change in changes]
