"""The main job on real tasks: recommend from samples.jsonl, then measure every method on test.jsonl.

python -m benchmarks.results --tasks DIR --out DIR [--only NAME ...] [--preset standard] [--test 500]

Resumes where it stopped; prints a Markdown table. The adviser never sees the test set: each method is
prepared again on the samples, as a deployment is, and then answers the test inputs.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from advisor.deployment import deploy, open_deployment
from advisor.errors import AdvisorError
from advisor.events import Event
from advisor.files import write_atomically
from advisor.recommend import recommend
from advisor.task import understand
from advisor.use_case import UseCase
from advisor.use_case_files import load_use_case, read_rows
from advisor.workbench import Workbench
from service.settings import Settings
from service.wiring import build_workbench

console = Console(stderr=True)


def measure_task(folder: Path, out: Path, workbench: Workbench, given: argparse.Namespace) -> dict[str, Any]:
    """Cross-validated and test scores of every method on one task; what was measured lies in `out/NAME`."""
    case = load_use_case(folder).model_copy(update={"preset": given.preset, "seed": given.seed})
    home = out / folder.name
    found = recommend(case, workbench, home / "recommendation", on_event=_tell(folder.name))
    test = read_rows(folder / "test.jsonl", ("input", "output"))[: given.test]
    return {
        "task": folder.name,
        "metric": found.metric,
        "samples": found.samples,
        "test": len(test),
        "recommended": found.recommended,
        "verdict": found.verdict,
        "cross_validated": {row.method: row.score for row in found.rows},
        "on_test": {row.method: _test_score(case, row.method, test, home, workbench) for row in found.rows},
    }


def _test_score(
    case: UseCase, method: str, test: Sequence[dict[str, Any]], home: Path, workbench: Workbench
) -> float:
    kept = home / "deployments" / f"{method}-on-{len(test)}.json"
    if not kept.exists():
        console.print(f"{home.name}: {method} on the test set")
        folder = home / "deployments" / method
        deploy(case, method, workbench, folder)
        answers = open_deployment(folder, workbench).answer([row["input"] for row in test])
        score = understand(case).metric.score([a.text for a in answers], [row["output"] for row in test])
        write_atomically(kept, json.dumps(score).encode())
    return float(json.loads(kept.read_text("utf-8")))


def _tell(name: str) -> Any:
    def listen(event: Event) -> None:
        console.print(f"{name}: {event.done}/{event.total} {event.message}")

    return listen


def table(results: Sequence[dict[str, Any]]) -> str:
    """Each task's methods as Markdown: cross-validated score / test score, the recommended one in bold."""
    methods = list(dict.fromkeys(m for r in results for m in r["cross_validated"]))
    lines = [
        f"| task (metric) | n / test | {' | '.join(methods)} | recommended | loss to the best on test |",
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
    loss = max(result["on_test"].values()) - result["on_test"].get(result["recommended"], 0.0)
    chosen = f"{result['recommended'] or 'none'} ({result['verdict'].replace('_', ' ')})"
    return (
        f"| {result['task']} ({result['metric']}) | {result['samples']} / {result['test']} "
        f"| {' | '.join(cells)} "
        f"| {chosen} | {100 * loss:.1f} |"
    )


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
    parser.add_argument("--preset", default="standard")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--test", type=int, default=500, help="test lines that are answered")
    given = parser.parse_args()
    workbench = build_workbench(Settings())
    results = []
    for folder in _tasks(given):
        try:
            results.append(measure_task(folder, given.out, workbench, given))
        except AdvisorError as error:
            console.print(f"{folder.name}: {error}")
    print(table(results))


if __name__ == "__main__":
    main()
