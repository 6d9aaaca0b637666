"""`trivium corpus add`: documents into a store, with two bars: files and windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from retrieval.errors import ChunkingStrategyError, RetrievalError
from retrieval.extraction import Extractor
from retrieval.library.library import Library
from retrieval.library.upload import Upload, fingerprint
from retrieval.parents import StaticStrategy
from service.commands.documents import files_under
from service.commands.messages import BAD_INPUT, FAILED, console, fail, settings_from
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
                folder,
                build_embedder(settings_from()),
                extractor,
                watch=lambda n: progress.advance(windows, n),
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
    """How many files failed; each is named with its reason."""

    def refuse(name: str, reason: str) -> None:
        progress.console.print(f"{name}: {reason}", markup=False, highlight=False, soft_wrap=True)

    known = {file.id: file.content_hash for file in library.store.files()}
    fresh = _Fresh(files, strategy, known, refuse)
    added = failed = 0
    for outcome in library.add(fresh):
        if outcome.error:
            failed += 1
            refuse(outcome.upload_id, outcome.error.message)
        else:
            added += 1
        progress.update(bar, completed=fresh.unchanged + fresh.unreadable + added + failed)
    progress.update(bar, completed=len(files))
    failed += fresh.unreadable
    typer.echo(f"{added:,} added, {fresh.unchanged:,} unchanged, {failed:,} failed")
    return failed


class _Fresh:
    """Uploads of those files that the store does not hold as they are, read one by one."""

    def __init__(
        self,
        files: Sequence[Path],
        strategy: StaticStrategy,
        known: dict[str, str],
        refuse: Callable[[str, str], None],
    ) -> None:
        self._files, self._strategy, self._known, self._refuse = files, strategy, known, refuse
        self.unchanged = self.unreadable = 0

    def __iter__(self) -> Iterator[Upload]:
        for path in self._files:
            name = path.as_posix()
            try:
                data = path.read_bytes()
            except OSError as error:
                self.unreadable += 1
                self._refuse(name, f"cannot be opened: {error.strerror or error}.")
                continue
            if self._known.get(name) == fingerprint(data, self._strategy):
                self.unchanged += 1
            else:
                yield Upload(name, name, data, strategy=self._strategy)
