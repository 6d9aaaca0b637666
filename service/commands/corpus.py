"""`trivium corpus search` and `trivium corpus stats`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import cast, get_args

import typer
from rich.console import Console
from rich.table import Table

from retrieval.errors import RetrievalError
from retrieval.library.passages import Passage, find_passages
from retrieval.store.searching import Mode
from retrieval.store.stats import Stats
from retrieval.store.store import Store
from service.commands.messages import BAD_INPUT, fail, settings_from
from service.wiring import build_embedder


@contextmanager
def opened(folder: Path) -> Iterator[Store]:
    """The store of a folder, or a message that says why there is none."""
    try:
        with Store.open(folder, build_embedder(settings_from())) as store:
            yield store
    except RetrievalError as error:
        fail(str(error))


def run_search(questions: Sequence[str], folder: Path, count: int, ranker: str, as_json: bool) -> None:
    """Print the passages, best first."""
    if ranker not in get_args(Mode):
        fail(f"There is no ranker {ranker!r}; choose one of {', '.join(get_args(Mode))}.", BAD_INPUT)
    with opened(folder) as store:
        found = find_passages(store, questions, count, mode=cast(Mode, ranker))
    if as_json:
        typer.echo(json.dumps([asdict(passage) for passage in found], ensure_ascii=False, indent=2))
        return
    for passage in found:
        _show(passage)


def run_stats(folder: Path, as_json: bool) -> None:
    """Print the figures."""
    with opened(folder) as store:
        stats = store.stats()
    if as_json:
        typer.echo(json.dumps(asdict(stats), indent=2))
    else:
        Console().print(_table(stats))


def _show(passage: Passage) -> None:
    page = f" page {passage.page}" if passage.page else ""
    typer.echo(f"{passage.score:.3f}  {passage.filename}{page} [{passage.start}:{passage.end}]")
    typer.echo(f"    {' '.join(passage.quote.split())}\n")


def _table(stats: Stats) -> Table:
    table = Table(box=None, show_header=False)
    for name, value in (
        ("files", f"{stats.files:,}"),
        ("chunks", f"{stats.chunks:,} ({stats.passages:,} different texts)"),
        ("segments", f"{len(stats.segments):,} and {stats.tail:,} fresh vectors"),
        ("recall@10", f"{stats.recall:.3f} against exact search"),
        ("on disk", f"{stats.bytes:,} bytes"),
        ("embedder", f"{stats.embedder}, {stats.dimensions} dimensions"),
    ):
        table.add_row(name, value)
    return table
