"""`trivium advise`: the same measurement as the service's, without a server."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag
from typing import TYPE_CHECKING, Any

import typer

from advisor.errors import ON_REQUEST, AdvisorError, Cancelled, UseCaseError
from advisor.estimate import estimate
from advisor.prices import prices_for
from advisor.use_case import UseCase, check
from advisor.use_case_files import load_use_case
from generation.errors import GenerationError
from service.commands.messages import BAD_INPUT, console, fail, settings_from
from service.commands.progress import LiveProgress
from service.wiring import build_workbench

if TYPE_CHECKING:
    from advisor.recommendation import Recommendation

INTERRUPTED = 130


def run(
    path: Path,
    changes: Mapping[str, Any],
    json_out: Path | None,
    report: Path | None,
    earlier: Path | None = None,
) -> None:
    """Advise on the use case at the path, perhaps going on from the folder of an earlier advice."""
    settings = settings_from()
    for target in (json_out, report):
        if target is not None and not target.absolute().parent.is_dir():
            fail(
                f"{target}: the folder {target.absolute().parent} does not exist; create it first.", BAD_INPUT
            )
    try:
        use_case = _changed(load_use_case(path), changes)
        result, folder = _measure(use_case, settings.data_dir / "advise", earlier)
    except UseCaseError as error:
        fail(str(error), BAD_INPUT)
    except (AdvisorError, GenerationError) as error:
        fail(str(error))
    _hand_over(folder, json_out, report)
    _print(result, folder)
    if result.stopped == ON_REQUEST:
        raise typer.Exit(INTERRUPTED)


def _changed(use_case: UseCase, changes: Mapping[str, Any]) -> UseCase:
    given = {name: value for name, value in changes.items() if value is not None}
    return check(use_case.model_dump(mode="json", exclude_unset=True) | given) if given else use_case


def _measure(use_case: UseCase, home: Path, earlier: Path | None) -> tuple[Recommendation, Path]:
    """The recommendation and its folder; the same use case on the same model finds its trials again."""
    from advisor.extension import carry_over
    from advisor.fingerprint import fingerprint
    from advisor.recommend import recommend

    workbench = build_workbench(settings_from())
    folder = home / fingerprint(use_case, workbench)[:16]
    if earlier is not None:
        carry_over(use_case, workbench, earlier, folder)
    _tell_cost(use_case, again=folder.exists())
    with LiveProgress(console) as progress, _interruptible() as stopped:
        try:
            result = recommend(use_case, workbench, folder, on_event=progress.show, cancelled=stopped.is_set)
            return result, folder
        except Cancelled:
            pass
    console.print("Stopped before any method was measured; finished trials are kept: run it again to go on.")
    raise typer.Exit(INTERRUPTED)


def _tell_cost(use_case: UseCase, *, again: bool) -> None:
    cost = estimate(use_case)
    money = "" if cost.money is None else f", {cost.money:.2g} {prices_for(use_case).currency}"
    told = (
        f"Estimate{' from the start' if again else ''}: {len(cost.methods)} methods on {cost.samples:,} "
        f"samples, {cost.calls:,} answers of a language model, about {cost.seconds:,} s with the shipped one "
        f"on one core{money}"
    )
    console.print(told, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _interruptible() -> Iterator[Flag]:
    """Ctrl-C asks to stop after the running block of samples; a second one stops at once."""
    stopped = Flag()

    def interrupt(_number: int, _frame: object) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        stopped.set()
        console.print("Stopping after the running block of samples; Ctrl-C again stops at once.")

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


def _hand_over(folder: Path, json_out: Path | None, report: Path | None) -> None:
    written = "report.md" if report is not None and report.suffix == ".md" else "report.html"
    for name, target in (("report.json", json_out), (written, report)):
        if target is not None:
            shutil.copyfile(folder / name, target)


def _print(result: Recommendation, folder: Path) -> None:
    if result.stopped == ON_REQUEST:
        console.print("This is the standing of what was measured. Run it again to go on.")
    for method, reason in result.not_run.items():
        told = f"{'' if method in result.dropped else 'not run: '}{method}: {reason}"
        console.print(told, style="dim", markup=False, highlight=False)
    for finding in result.audit:
        console.print(f"samples: {finding.message}", style="dim", markup=False, highlight=False)
    typer.echo(result.sentence)
    for flip in result.flips:
        console.print(flip.message, style="dim", markup=False, highlight=False)
    for name in ("report.html", "replay.zip"):
        console.print(f"{folder / name}", highlight=False, soft_wrap=True)
