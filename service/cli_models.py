"""The command lines of `trivium tune` and `trivium compare`. Heavy imports wait inside the commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()

TrainingPath = Annotated[Path, typer.Argument(help="Rows to learn from, in any format of `trivium data`.")]
Validation = Annotated[
    Path | None, typer.Option(help="Rows to measure on; a fifth of FILE where it is left out.")
]
Base = Annotated[str, typer.Option(help="The local model to train.")]
Epochs = Annotated[int | None, typer.Option(min=1, max=1_000, help="The most epochs of a training.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same trials.")]
Names = Annotated[
    list[str], typer.Argument(help="Models by name; the first is what others are held against.")
]
DataPath = Annotated[Path, typer.Option(help="Rows with answers, in any format of `trivium data`.")]
Show = Annotated[int, typer.Option(min=0, help="Rows whose answers are shown, the most different first.")]
JsonOut = Annotated[Path | None, typer.Option("--json", help="Write every answer and score as JSON here.")]


@app.command()
def tune(
    file: TrainingPath,
    validation: Validation = None,
    model: Base = "pocket",
    epochs: Epochs = None,
    seed: Seed = 0,
) -> None:
    """Search for the rank, the learning rate and the epochs that fit a data set. Run it again to go on."""
    from service.commands.tune import TuneWish, run_tune

    run_tune(TuneWish(file, validation, model, epochs, seed))


@app.command()
def compare(models: Names, data: DataPath, show: Show = 5, json_out: JsonOut = None) -> None:
    """Ask several models the same questions: scores with intervals, and the answers side by side."""
    from service.commands.compare import run_compare

    run_compare(models, data, show, json_out)
