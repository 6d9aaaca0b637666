"""The command line of `trivium data`. Heavy imports wait inside the commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Prepare training data before anything is trained on it.", no_args_is_help=True)

DataPath = Annotated[Path, typer.Argument(help="CSV, TSV, XLSX, JSON, JSONL, Parquet or plain text.")]
Validation = Annotated[Path | None, typer.Option(help="Rows to measure on; they must not be in FILE.")]
FixOut = Annotated[Path | None, typer.Option(help="Do the safe repairs and write the rows as JSONL here.")]
BaseModel = Annotated[
    str | None, typer.Option(help="Count tokens as this model does, and show what it learns.")
]
Preview = Annotated[int, typer.Option(min=0, max=20, help="Rows to show as the model sees them.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]

Documents = Annotated[list[Path], typer.Argument(help="Files, or folders of files, in any readable format.")]
Writer = Annotated[str, typer.Option(help="The model that writes; openai:NAME sends it the documents.")]
QuestionsOut = Annotated[Path, typer.Option(help="Write the rows as JSONL here, each with its place.")]
TrainingOut = Annotated[Path, typer.Option(help="Write the rows to train on as JSONL here.")]
ValidationOut = Annotated[Path, typer.Option(help="Write the rows to measure on as JSONL here.")]
Share = Annotated[float, typer.Option(min=0.0, max=0.9, help="About how much of the rows to measure on.")]
PerPassage = Annotated[int, typer.Option(min=1, max=10, help="Questions to ask for on each passage.")]


@app.command()
def check(
    file: DataPath,
    validation: Validation = None,
    fix: FixOut = None,
    model: BaseModel = None,
    preview: Preview = 2,
    json_out: AsJson = False,
) -> None:
    """Report what is wrong with a data set; the exit status is 1 when there are errors."""
    from service.commands.data import Wish, run_check

    run_check(Wish(file, validation, fix, model, preview, json_out))


@app.command()
def split(
    file: DataPath, training: TrainingOut, validation: ValidationOut, share: Share = 0.1, seed: int = 0
) -> None:
    """Part a data set into rows to train on and rows to measure on; rows stay on their side as it grows."""
    from service.commands.data_split import run_split

    run_split(file, training, validation, share, seed)


@app.command()
def qa(
    documents: Documents,
    model: Writer,
    out: QuestionsOut,
    per_passage: PerPassage = 3,
) -> None:
    """Let a model write questions and answers about documents; only answers that stand in them are kept."""
    from service.commands.data_qa import run_qa

    run_qa(documents, model, out, per_passage)
