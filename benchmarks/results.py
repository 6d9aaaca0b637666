"""The main job on real tasks: recommend from samples.jsonl, then measure every method on test.jsonl.

python -m benchmarks.results --tasks DIR --out DIR [--only NAME ...] [--preset standard] [--test 500]

Resumes where it stopped; prints a Markdown table. The adviser never sees the test set: each method is
prepared again on the samples, as a deployment is, and then answers the test inputs. No method is dropped
on the way, so that the table has no gaps.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
from rich.console import Console

from advisor.answering import where_fitting
from advisor.cascade import CASCADE, Cascade
from advisor.deployment import deploy, deploy_cascade, open_deployment
from advisor.errors import AdvisorError
from advisor.events import Event
from advisor.files import write_atomically
from advisor.recommend import recommend
from advisor.resampling import RESAMPLES, Evidence, Resampled, resample
from advisor.scoring import metric_named
from advisor.statistics import interval
from advisor.task import understand
from advisor.use_case import Preset, UseCase
from advisor.use_case_files import load_use_case, read_rows
from advisor.workbench import Workbench
from finetune.errors import FinetuneError
from generation.errors import GenerationError
from generation.words import normalise
from retrieval.errors import RetrievalError
from service.settings import Settings
from service.wiring import build_workbench

BLOCK = 64
console = Console(stderr=True)


def measure_task(folder: Path, out: Path, workbench: Workbench, given: argparse.Namespace) -> dict[str, Any]:
    """Cross-validated and test scores of every method on one task; what was measured lies in `out/NAME`."""
    case = load_use_case(folder)
    chosen = {"samples": case.samples[: given.samples], "preset": given.preset, "seed": given.seed}
    case = case.model_copy(update=chosen)
    home = out / folder.name
    found = recommend(case, workbench, home / "recommendation", on_event=_tell(folder.name), race=False)
    test = read_rows(folder / "test.jsonl", ("input", "output"))[: given.test]
    said = {
        row.method: _answers(case, row.method, found.cascade, test, home, workbench) for row in found.rows
    }
    drawn = resample(_evidence(case, test, said), case.seed)
    return {
        "task": folder.name,
        "metric": found.metric,
        "samples": found.samples,
        "test": len(test),
        "recommended": found.recommended,
        "verdict": found.verdict,
        "cross_validated": {row.method: row.score for row in found.rows},
        "on_test": dict(zip(drawn.names, drawn.observed.tolist(), strict=True)),
        "loss": loss(drawn, found.recommended) if found.recommended else None,
    }


def loss(drawn: Resampled, method: str) -> tuple[float, float, float]:
    """What the best method gains on this one, and the 90 % interval of that.

    The highest of several test scores is inflated by having been picked on them; here the best is
    picked on a resample and compared on what it left out. Nothing can lose less than nothing to the best,
    so what the correction takes below zero is zero.
    """
    picked, mine = drawn.scores.argmax(axis=0), drawn.names.index(method)
    every = np.arange(RESAMPLES)
    seen = drawn.scores[picked, every] - drawn.scores[mine]
    unseen = drawn.unseen[picked, every] - drawn.unseen[mine]
    gain = float(np.nanmean(unseen)) if not np.isnan(unseen).all() else float(seen.mean())
    low, high = interval(seen + gain - float(seen.mean()))
    return max(gain, 0.0), max(low, 0.0), max(high, 0.0)


def _evidence(case: UseCase, test: Sequence[dict[str, Any]], said: Mapping[str, list[str]]) -> Evidence:
    task, references = understand(case), [row["output"] for row in test]
    labels = sorted({label.casefold() for label in (*task.labels, *references)}) if task.labels else ()
    metric = metric_named(task.metric.name, labels)
    return Evidence(
        metric=metric,
        columns={method: metric.columns(outputs, references) for method, outputs in said.items()},
        groups=[normalise(row["input"]) for row in test],
        strata=references if metric.name == "macro_f1" else None,
    )


def _answers(
    case: UseCase,
    method: str,
    cascade: Cascade | None,
    test: Sequence[dict[str, Any]],
    home: Path,
    workbench: Workbench,
) -> list[str]:
    """The method's test answers; an input that does not fit the model is answered with nothing."""
    kept = home / "deployments" / f"{method}-on-{len(test)}-answers.json"
    if not kept.exists():
        console.print(f"{home.name}: {method} on the test set")
        folder = home / "deployments" / method
        if cascade and method == CASCADE:
            deploy_cascade(case, cascade, workbench, folder)
        else:
            deploy(case, method, workbench, folder)
        answerer = open_deployment(folder, workbench)
        inputs = [row["input"] for row in test]
        blocks = [inputs[at : at + BLOCK] for at in range(0, len(inputs), BLOCK)]
        answers = [a.text if a else "" for block in blocks for a in where_fitting(answerer.answer, block)]
        write_atomically(kept, json.dumps(answers).encode())
    return list(json.loads(kept.read_text("utf-8")))


def _tell(name: str) -> Any:
    def listen(event: Event) -> None:
        console.print(f"{name}: {event.done}/{event.total} {event.message}")

    return listen


def table(results: Sequence[dict[str, Any]]) -> str:
    """Each task's methods as Markdown: cross-validated score / test score, the recommended one in bold."""
    methods = list(dict.fromkeys(m for r in results for m in r["cross_validated"]))
    lines = [
        f"| task (metric) | n / test | {' | '.join(methods)} | recommended | lost to the best (90 %) |",
        f"| --- | --- | {' | '.join('---' for _ in methods)} | --- | --- |",
    ]
    return "\n".join([*lines, *(_line(r, methods) for r in results)])


def _line(result: dict[str, Any], methods: Sequence[str]) -> str:
    cells = []
    for method in methods:
        if method not in result["cross_validated"]:
            cells.append("-")
            continue
        cell = f"{100 * result['cross_validated'][method]:.1f} / {100 * result['on_test'][method]:.1f}"
        cells.append(f"**{cell}**" if method == result["recommended"] else cell)
    chosen = f"{result['recommended'] or 'none'} ({result['verdict'].replace('_', ' ')})"
    return (
        f"| {result['task']} ({result['metric']}) | {result['samples']} / {result['test']} "
        f"| {' | '.join(cells)} "
        f"| {chosen} | {_points(result['loss'])} |"
    )


def _points(found: tuple[float, float, float] | None) -> str:
    if found is None:
        return "-"
    gain, low, high = (100 * x for x in found)
    return f"{gain:.1f} ({low:.1f} to {high:.1f})"


def _tasks(given: argparse.Namespace) -> Iterator[Path]:
    for folder in sorted(given.tasks.iterdir()):
        if (folder / "task.json").exists() and (not given.only or folder.name in given.only):
            yield folder


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=Path, default=Path("../shared/tasks"))
    parser.add_argument("--out", type=Path, default=Path("out/results"))
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--preset", default="standard", choices=get_args(Preset))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--samples", type=int, default=500, help="samples that the adviser is given, the first ones"
    )
    parser.add_argument("--test", type=int, default=500, help="test lines that are answered")
    given = parser.parse_args()
    workbench = build_workbench(Settings())
    results = []
    for folder in _tasks(given):
        try:
            results.append(measure_task(folder, given.out, workbench, given))
        except (AdvisorError, GenerationError, FinetuneError, RetrievalError) as error:
            console.print(f"{folder.name}: {error}")
    print(table(results))


if __name__ == "__main__":
    main()
