"""`trivium data qa`: documents to questions and answers to train on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import typer
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from finetune.data.passages import Source
from finetune.data.questions import Questions, ask_documents
from finetune.data.writing import write_lines
from generation.errors import GenerationError
from generation.language_model import LanguageModel
from retrieval.extraction import ExtractionError, extract
from service.commands.documents import files_under
from service.commands.messages import BAD_INPUT, check_target, console, fail, settings_from, writing
from service.wiring import build_catalog


def run_qa(documents: Sequence[Path], model: str, out: Path, per_passage: int) -> None:
    """Write the rows; files that give no text are named and left out."""
    check_target(out)
    sources = [source for path in files_under(documents) for source in _source(path)]
    if not sources:
        fail("There is no text in these documents; give files with text.", BAD_INPUT)
    try:
        made = _ask(build_catalog(settings_from()).open(model), sources, per_passage)
    except GenerationError as error:
        fail(str(error))
    _say(made)
    if not made.kept:
        fail(f"{model} wrote no answer that stands in its document; take a stronger model.")
    with writing(out):
        write_lines(out, [question.as_dict() for question in made.kept])
    typer.echo(f"{len(made.kept):,} rows written to {out}")


def _source(path: Path) -> Iterator[Source]:
    try:
        found = extract(path.name, path.read_bytes())
    except (ExtractionError, OSError) as error:
        console.print(f"left out: {path}: {error}", style="dim", markup=False, highlight=False)
    else:
        yield Source(str(path), found.title, found.text)


def _ask(model: LanguageModel, sources: Sequence[Source], per_passage: int) -> Questions:
    columns = (TextColumn("writing questions"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("passages", total=None)
        return ask_documents(
            model,
            sources,
            per_passage,
            lambda done, total: progress.update(task, completed=done, total=total),
        )


def _say(made: Questions) -> None:
    told = [
        f"{made.passages:,} passages, {made.written:,} pairs: {len(made.kept):,} kept",
        f"{made.unfounded:,} without their answer in the passage",
        f"{made.repeated:,} repeated",
        f"{made.skipped:,} passages did not fit the model",
    ]
    console.print(", ".join(told), markup=False, highlight=False, soft_wrap=True)
