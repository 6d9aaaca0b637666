"""The command line of `trivium corpus`. Heavy imports wait inside the commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(help="Search your own documents, without any server.", no_args_is_help=True)

Documents = Annotated[list[Path], typer.Argument(help="Files, or folders of files, in any readable format.")]
StoreDir = Annotated[Path, typer.Option("--store", help="The folder of the store.")]
Size = Annotated[int, typer.Option(help="Tokens of the spans that are read, 100 to 4096.")]
Overlap = Annotated[int, typer.Option(help="Tokens that neighbouring spans share, at most half of them.")]
QuestionText = Annotated[list[str], typer.Argument(help="A question, or several ways to ask it.")]
Count = Annotated[int, typer.Option(min=1, max=50, help="Passages to show.")]
Ranker = Annotated[str, typer.Option(help="hybrid, rrf, dense or lexical.")]
ReaderName = Annotated[
    Literal["auto", "extractive", "generative"],
    typer.Option(help="extractive: exact words; generative: a model writes; auto: it writes if need be."),
]
Writer = Annotated[
    str | None,
    typer.Option("--model", help="A model that may write; openai:NAME sends it passages."),
]
Read = Annotated[int, typer.Option(min=1, max=50, help="Passages to read.")]
Least = Annotated[
    float | None,
    typer.Option(min=0.0, max=1.0, help="The least confidence of an answer; as calibrated if left out."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def add(paths: Documents, store: StoreDir, chunk_tokens: Size = 800, overlap_tokens: Overlap = 400) -> None:
    """Put documents into a store; unchanged ones cost nothing, changed ones are replaced by their name."""
    from service.commands.corpus_add import run_add

    run_add(paths, store, chunk_tokens, overlap_tokens)


@app.command()
def search(
    question: QuestionText,
    store: StoreDir,
    count: Count = 5,
    ranker: Ranker = "hybrid",
    json_out: AsJson = False,
) -> None:
    """Show the passages that bear on a question, with their places."""
    from service.commands.corpus import run_search

    run_search(question, store, count, ranker, json_out)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    store: StoreDir,
    model: Writer = None,
    reader: ReaderName = "auto",
    count: Read = 5,
    threshold: Least = None,
    json_out: AsJson = False,
) -> None:
    """Answer a question with exact citations; the exit status is 1 where the evidence does not suffice."""
    from service.commands.corpus_ask import Asked, run_ask

    run_ask(Asked(question, store, reader, model, count, threshold, json_out))


@app.command()
def stats(store: StoreDir, json_out: AsJson = False) -> None:
    """Say what a store holds, how it is indexed, and how well that was measured to find."""
    from service.commands.corpus import run_stats

    run_stats(store, json_out)
