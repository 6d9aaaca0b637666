"""`trivium corpus ask`: an answer with its sources, or a plain no."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from generation.errors import GenerationError
from generation.language_model import LanguageModel
from retrieval.answers.answering import Answering
from retrieval.answers.records import INSUFFICIENT, Answered, Choice, Citation, Wish
from service.commands.corpus import opened
from service.commands.messages import FAILED, fail, settings_from
from service.wiring import build_catalog, build_reader


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command was asked for."""

    question: str
    store: Path
    reader: Choice
    model: str | None
    passages: int
    threshold: float | None
    as_json: bool


def run_ask(asked: Asked) -> None:
    """Answer from the store; the exit status is 1 where the evidence does not suffice."""
    wish = Wish(reader=asked.reader, passages=asked.passages, threshold=asked.threshold)
    with opened(asked.store) as store, _explained():
        answering = Answering(build_reader(), _model(asked.model))
        items = answering.stream(asked.question, [store], wish)
        answered = _told(items, quiet=asked.as_json)
    if asked.as_json:
        typer.echo(json.dumps(asdict(answered), ensure_ascii=False, indent=2))
    else:
        _show(answered)
    if answered.abstained:
        raise typer.Exit(FAILED)


def _model(name: str | None) -> LanguageModel | None:
    return build_catalog(settings_from()).open(name) if name else None


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except GenerationError as error:
        fail(str(error))


def _told(items: Iterator[object], *, quiet: bool) -> Answered:
    """The answer, whose text is printed as it comes."""
    for item in items:
        if isinstance(item, Answered):
            return item
        if isinstance(item, str) and not quiet:
            typer.echo(item, nl=False)
    raise AssertionError("an answer ends with the whole")


def _show(answered: Answered) -> None:
    typer.echo(INSUFFICIENT if answered.abstained else "")
    typer.echo(f"confidence {answered.confidence:.2f}, {answered.threshold:.2f} needed", err=True)
    for citation in _once(answered.citations):
        page = f" page {citation.page}" if citation.page else ""
        typer.echo(f"\n{citation.filename}{page} [{citation.start}:{citation.end}]")
        typer.echo(f"    {' '.join(citation.quote.split())}")


def _once(citations: Sequence[Citation]) -> list[Citation]:
    return list({(one.file_id, one.start): one for one in citations}.values())
