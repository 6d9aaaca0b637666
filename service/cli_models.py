"""The command lines of `trivium train`, `tune`, `compare` and `export`; heavy imports wait inside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer()

TrainingPath = Annotated[Path, typer.Argument(help="Rows to learn from, in any format of `trivium data`.")]
Validation = Annotated[
    Path | None, typer.Option(help="Rows to measure on; a fifth of FILE where it is left out.")
]
Measured = Annotated[Path | None, typer.Option(help="Rows to measure on.")]
Trainable = Annotated[
    str, typer.Option(help="The model to train on; openai:NAME sends the rows to that server.")
]
Suffix = Annotated[str, typer.Option(help="A word for the model's name; the file's name by default.")]
MayLeave = Annotated[bool, typer.Option("--data-may-leave", help="Allow that the rows are sent away.")]
TrainingKind = Annotated[
    str | None, typer.Option(help="lora, rslora, dora, full or last_layers; on an encoder also head.")
]
Rank = Annotated[int | None, typer.Option(help="Of an adapter.")]
Layers = Annotated[int | None, typer.Option(help="How many layers learn, counted from the top.")]
Mode = Annotated[str | None, typer.Option(help="Where the model is an adapter: continue it, or stack on it.")]
Mix = Annotated[
    list[str] | None,
    typer.Option(help="Another file to learn from; FILE=2 gives it twice the weight of the first."),
]
Replay = Annotated[
    str | None, typer.Option(help="Rows that the parent learned, to keep them; FILE=0.3 sets their share.")
]
Gate = Annotated[
    str | None,
    typer.Option(help="Rows that must not be answered worse than before; FILE=0.1 sets how much worse."),
]
Accept = Annotated[list[str] | None, typer.Option(help="A code of a data finding to train in spite of.")]
Base = Annotated[str, typer.Option(help="The local model to train.")]
Epochs = Annotated[int | None, typer.Option(min=1, max=1_000, help="The most epochs of a training.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same trials.")]
Exported = Annotated[str, typer.Argument(help="A local model or an adapter, by name.")]
Form = Annotated[
    Literal["peft", "merged", "gguf"],
    typer.Option(
        "--format", help="An adapter as it is, a whole transformers folder, or a file for llama.cpp."
    ),
]
OutFolder = Annotated[Path, typer.Option(help="A new or empty folder.")]
Names = Annotated[
    list[str], typer.Argument(help="Models by name; the first is what others are held against.")
]
DataPath = Annotated[Path, typer.Option(help="Rows with answers, in any format of `trivium data`.")]
Show = Annotated[int, typer.Option(min=0, help="Rows whose answers are shown, the most different first.")]
JsonOut = Annotated[Path | None, typer.Option("--json", help="Write every answer and score as JSON here.")]


@app.command()
def train(  # noqa: PLR0913 - one for each option
    file: TrainingPath,
    validation: Measured = None,
    model: Trainable = "pocket",
    epochs: Epochs = None,
    suffix: Suffix = "",
    seed: Seed = 0,
    data_may_leave: MayLeave = False,
    kind: TrainingKind = None,
    rank: Rank = None,
    layers: Layers = None,
    mode: Mode = None,
    mix: Mix = None,
    replay: Replay = None,
    gate: Gate = None,
    accept: Accept = None,
) -> None:
    """Train a model, here or on another server, and print its new name. Run it again to go on."""
    from service.commands.train import run_train
    from service.commands.train_wish import TrainWish

    rest = (rank, mode, mix or (), replay, gate, data_may_leave)
    run_train(TrainWish(file, validation, model, epochs, suffix, seed, kind, layers, accept or (), *rest))


@app.command()
def tune(  # noqa: PLR0913 - one for each option
    file: TrainingPath,
    validation: Validation = None,
    model: Base = "pocket",
    epochs: Epochs = None,
    seed: Seed = 0,
    kind: TrainingKind = None,
    layers: Layers = None,
    accept: Accept = None,
) -> None:
    """Search for the rank, the learning rate and the epochs that fit a data set. Run it again to go on."""
    from service.commands.train_wish import TrainWish
    from service.commands.tune import run_tune

    run_tune(TrainWish(file, validation, model, epochs, "", seed, kind, layers, accept or ()))


@app.command()
def compare(models: Names, data: DataPath, show: Show = 5, json_out: JsonOut = None) -> None:
    """Ask several models the same questions: scores with intervals, and the answers side by side."""
    from service.commands.compare import run_compare

    run_compare(models, data, show, json_out)


@app.command()
def export(model: Exported, out: OutFolder, form: Form = "merged") -> None:
    """Write a model as a folder that other programs load."""
    from service.commands.export import run_export

    run_export(model, form, out)
