"""`trivium data split`: rows to train on and rows to measure on."""

from __future__ import annotations

from pathlib import Path

import typer

from finetune.data.splitting import split_rows
from finetune.data.writing import write_rows
from service.commands.data import read_or_fail
from service.commands.messages import BAD_INPUT, check_target, fail, writing


def run_split(file: Path, training: Path, validation: Path, share: float, seed: int) -> None:
    """Write both sides; rows that cannot be read are counted and left out."""
    if len({path.absolute() for path in (file, training, validation)}) < 3:
        fail("Give three different files: the one that is read and the two that are written.", BAD_INPUT)
    for target in (training, validation):
        check_target(target)
    data = read_or_fail(file)
    split = split_rows(data.rows, share, seed)
    for target, rows in ((training, split.training), (validation, split.validation)):
        with writing(target):
            write_rows(target, rows)
        typer.echo(f"{len(rows):,} rows written to {target}")
    repeated = len(data.rows) - len(split.training) - len(split.validation)
    typer.echo(f"Repeats left out: {repeated:,}; rows that could not be read: {len(data.faults):,}")
