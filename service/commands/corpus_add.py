"""`trivium corpus add`: documents into a store, with two bars: files and windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from retrieval.errors import ChunkingStrategyError, RetrievalError
from retrieval.extraction import Extractor
from retrieval.library.library import Library
from retrieval.library.upload import Added, Upload, fingerprint
from retrieval.parents import StaticStrategy
from service.commands.documents import files_under
from service.commands.messages import BAD_INPUT, FAILED, console, fail
from service.wiring import build_embedder


def run_add(paths: Sequence[Path], folder: Path, chunk_tokens: int, overlap_tokens: int) -> None:
    """Put the documents into the store; the exit status is 1 when some could not be read."""
    try:
        strategy = StaticStrategy(chunk_tokens, overlap_tokens)
    except ChunkingStrategyError as error:
        fail(str(error), BAD_INPUT)
    files = list(files_under(paths))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Extractor() as extractor, Progress(*columns, console=console) as progress:
            bar = progress.add_task("files", total=len(files))
            windows = progress.add_task("windows embedded", total=None)
            library = Library(
                folder, build_embedder(), extractor, watch=lambda n: progress.advance(windows, n)
            )
            with library:
                failed = _add(library, files, strategy, progress, bar)
                library.tidy()
    except RetrievalError as error:
        fail(str(error))
    if failed:
        raise typer.Exit(FAILED)


def _add(
    library: Library, files: Sequence[Path], strategy: StaticStrategy, progress: Progress, bar: TaskID
) -> int:
    known = {file.id: file.content_hash for file in library.store.files()}
    fresh = _Fresh(files, strategy, known)
    outcomes: list[Added] = []
    for added in library.add(fresh):
        outcomes.append(added)
        progress.update(bar, completed=fresh.unchanged + len(outcomes))
        if added.error:
            progress.console.print(f"{added.upload_id}: {added.error.message}", markup=False, soft_wrap=True)
    progress.update(bar, completed=len(files))
    failed = sum(added.error is not None for added in outcomes)
    typer.echo(f"{len(outcomes) - failed:,} added, {fresh.unchanged:,} unchanged, {failed:,} failed")
    return failed


class _Fresh:
    """Uploads of those files that the store does not hold as they are, read one by one."""

    def __init__(self, files: Sequence[Path], strategy: StaticStrategy, known: dict[str, str]) -> None:
        self._files, self._strategy, self._known = files, strategy, known
        self.unchanged = 0

    def __iter__(self) -> Iterator[Upload]:
        for path in self._files:
            data, name = path.read_bytes(), path.as_posix()
            if self._known.get(name) == fingerprint(data, self._strategy):
                self.unchanged += 1
            else:
                yield Upload(name, name, data, strategy=self._strategy)
