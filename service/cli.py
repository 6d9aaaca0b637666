"""The command line of `trivium`. Heavy imports wait inside the commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli_corpus import app as corpus
from service.cli_data import app as data
from service.cli_models import app as models

app = typer.Typer(
    help="Prompt, retrieve or fine-tune? Trivium measures all three on your samples and serves the winner.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(data, name="data")
app.add_typer(corpus, name="corpus")
app.add_typer(models)

Host = Annotated[str | None, typer.Option(help="Address to listen on; any but loopback needs API keys.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 takes any free one.")]
DataDir = Annotated[Path | None, typer.Option(help="Where everything is kept.")]
UseCasePath = Annotated[
    Path, typer.Argument(help="A use case: a JSON file, or a folder with task.json and samples.jsonl.")
]
DemoPath = Annotated[Path | None, typer.Argument(help="A use case; examples/handbook_questions by default.")]
Models = Annotated[
    list[str] | None,
    typer.Option("--model", help="A language model to measure with; again to compare several."),
]
Preset = Annotated[str | None, typer.Option(help="quick, standard or thorough.")]
Seed = Annotated[int | None, typer.Option(help="The same seed gives the same folds and training.")]
ReplayBundle = Annotated[Path, typer.Argument(help="A replay.zip that a recommendation has written.")]
Margin = Annotated[
    float | None, typer.Option(min=0, max=0.5, help="Weigh with this margin instead, 0 to 0.5.")
]
MaxSeconds = Annotated[float | None, typer.Option(help="Computing seconds that measuring may take.")]
MaxCalls = Annotated[int | None, typer.Option(help="Answers that the language model may be asked for.")]
Extend = Annotated[
    Path | None, typer.Option(help="Folder of an earlier advice: what stays valid of it is used again.")
]
JsonOut = Annotated[Path | None, typer.Option("--json", help="Write the recommendation as JSON here.")]
ReportOut = Annotated[
    Path | None, typer.Option(help="Write the report here: one HTML file, or Markdown where it ends in .md.")
]


@app.command()
def serve(host: Host = None, port: Port = None, data_dir: DataDir = None) -> None:
    """Start the server. TRIVIUM_* environment variables set the rest."""
    from service.commands.serve import run

    run(host=host, port=port, data_dir=data_dir)


@app.command()
def advise(  # noqa: PLR0913 - the options of a command
    path: UseCasePath,
    model: Models = None,
    preset: Preset = None,
    seed: Seed = None,
    max_seconds: MaxSeconds = None,
    max_calls: MaxCalls = None,
    extend: Extend = None,
    json_out: JsonOut = None,
    report: ReportOut = None,
) -> None:
    """Measure every method on a use case and recommend one.

    Run it again to go on after Ctrl-C, or with a larger budget. With more samples, --extend reuses answers.
    """
    from service.commands.advise import run

    named = {"model": model[0], "models": model} if model else {}
    most = {"seconds": max_seconds, "calls": max_calls}
    budget = {name: value for name, value in most.items() if value is not None} or None
    run(path, {**named, "preset": preset, "seed": seed, "budget": budget}, json_out, report, extend)


@app.command()
def replay(
    bundle: ReplayBundle, margin: Margin = None, json_out: JsonOut = None, report: ReportOut = None
) -> None:
    """Compute every figure of a report again from its replay.zip, without any model."""
    from service.commands.replay import run

    run(bundle, {"margin": margin}, json_out, report)


@app.command()
def demo(path: DemoPath = None, data_dir: DataDir = None, preset: Preset = "quick") -> None:
    """Start a server, post an example, watch it, deploy what is recommended, and ask it a question."""
    from service.commands.demo import run

    run(path, data_dir, preset)


@app.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version as installed

    typer.echo(installed("trivium"))


if __name__ == "__main__":
    app()
