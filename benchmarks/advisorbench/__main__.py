"""Is the advice good? Measure customers drawn from real tasks, and judge the adviser by the truth.

python -m benchmarks.advisorbench --tasks DIR --out DIR [--truth DIR] [--sizes 20,50,100,200] [--draws N]
    [--test N] [--model NAME] [--preset P] [--only NAME ...]
python -m benchmarks.advisorbench --replay [--tensors DIR] [--page FILE] [--experience FILE]

Resumes where it stopped, even after kill -9. Writes tensors and summary.json under --out; --replay judges
the decision rule of today from tensors, without any model.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import get_args

from rich.console import Console

from advisor.errors import AdvisorError, UseCaseError
from advisor.estimate import applicable, estimate, situation_of
from advisor.files import write_atomically
from advisor.pace import answer_seconds, prepare_seconds
from advisor.use_case import Preset
from benchmarks.advisorbench.customers import BenchTask, Customer, customers, read_task, use_case_of
from benchmarks.advisorbench.experience import learned
from benchmarks.advisorbench.families import families_table, leave_one_out
from benchmarks.advisorbench.figures import outcomes, summary
from benchmarks.advisorbench.measuring import Places, measure_customer
from benchmarks.advisorbench.page import write_page
from benchmarks.advisorbench.progress import Remaining
from benchmarks.advisorbench.replay import see_all
from benchmarks.advisorbench.tensors import load_all
from finetune.errors import FinetuneError
from generation.errors import GenerationError
from retrieval.errors import RetrievalError
from service.settings import Settings
from service.wiring import build_workbench

KEPT = Path(__file__).parent / "tensors"
console = Console(stderr=True, highlight=False)


def measure_all(given: argparse.Namespace) -> Path:
    """Measure every customer that is not yet; the folder of the tensors."""
    places = Places(given.out / "tensors", given.out / "work", given.truth or given.out / "truth")
    workbench = build_workbench(Settings())
    plan = _plan(given)
    work = [_work(*pair) for pair in plan if not places.kept(*pair).exists()]
    left = Remaining(sum(seconds for _, seconds in work))
    trials = sum(trials for trials, _ in work)
    _say("plan", f"{len(plan)} customers, {len(plan) - len(work)} measured before; {trials:,} trials, {left}")
    for number, (task, customer) in enumerate(plan, start=1):
        name = f"{number}/{len(plan)} {task.name} {customer.key}"
        is_new, began = not places.kept(task, customer).exists(), time.perf_counter()
        try:
            measure_customer(task, customer, workbench, places, partial(_say, name))
        except (AdvisorError, GenerationError, FinetuneError, RetrievalError) as error:
            _say(name, f"not measured: {error}")
        if is_new:
            left.finished(_work(task, customer)[1], time.perf_counter() - began)
            _say(name, f"done, {left}")
    return places.tensors


def _plan(given: argparse.Namespace) -> list[tuple[BenchTask, Customer]]:
    """One draw after the other, small customers first: what is stopped early is still balanced."""
    folders = sorted(f for f in given.tasks.iterdir() if (f / "task.json").exists())
    tasks = [
        read_task(folder, given.test, given.model, given.preset)
        for folder in folders
        if not given.only or folder.name in given.only
    ]
    every = [(t, c) for t in tasks for c in customers(t.name, len(t.pool.samples), given.sizes, given.draws)]
    return sorted(every, key=lambda pair: (pair[1].draw, pair[1].n, pair[1].task))


def _work(task: BenchTask, customer: Customer) -> tuple[int, float]:
    """Trials and seconds: the adviser's own estimate, and a deployment of each method that learns."""
    case = use_case_of(customer, task.pool)
    told, seconds = estimate(case), 0.0
    for method in (c.method for c in applicable(situation_of(case))[0] if c.learns):
        seconds += prepare_seconds(method, case, customer.n) + len(task.test) * answer_seconds(method, case)
    return told.trials, told.seconds + seconds


def _say(name: str, told: str) -> None:
    console.print(f"{name}: {told}", markup=False, soft_wrap=True)


def _judge(given: argparse.Namespace, folder: Path) -> None:
    seen = see_all(load_all(folder))
    by_size = {size: outcomes(seen, size) for size in given.sizes}
    if not any(by_size.values()):
        raise FileNotFoundError(
            f"no customer of the sizes {given.sizes} in {folder}; name others with --sizes"
        )
    told = summary(by_size)
    given.out.mkdir(parents=True, exist_ok=True)
    write_atomically(given.out / "summary.json", json.dumps(told, indent=1).encode())
    print(json.dumps(told["overall"], indent=1))
    left_out = leave_one_out(seen, given.sizes)
    print(families_table(left_out))
    if given.experience:
        taught = learned([one.compared for one in seen])
        write_atomically(given.experience, taught.model_dump_json(indent=1).encode())
    if given.page:
        write_page(given.page, by_size, left_out)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, measure unless told not to, and judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", type=Path, default=Path("../shared/tasks"), metavar="DIR")
    parser.add_argument("--out", type=Path, default=Path("out/advisorbench"), metavar="DIR")
    parser.add_argument("--truth", type=Path, metavar="DIR", help="cache of test answers, shared by runs")
    parser.add_argument("--sizes", type=_sizes, default=(20, 50, 100, 200), metavar="N,N")
    parser.add_argument("--draws", type=int, default=3, metavar="N", help="customers of each task and size")
    parser.add_argument("--test", type=int, default=500, metavar="N", help="test lines that are answered")
    parser.add_argument("--model", metavar="NAME", help="instead of the one that the task names")
    parser.add_argument("--preset", default="standard", choices=get_args(Preset))
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME")
    parser.add_argument("--replay", action="store_true", help="measure nothing; judge the tensors")
    parser.add_argument("--tensors", type=Path, default=KEPT, metavar="DIR", help="what --replay judges")
    parser.add_argument("--experience", type=Path, metavar="FILE", help="write what the tasks teach")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the results page, with pictures")
    given = parser.parse_args(arguments)
    try:
        _judge(given, given.tensors if given.replay else measure_all(given))
    except (FileNotFoundError, FileExistsError, UseCaseError) as error:
        raise SystemExit(str(error)) from None


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(sorted({int(part) for part in text.split(",")}))


if __name__ == "__main__":
    main()
