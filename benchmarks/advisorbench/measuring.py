"""Measure one customer: the adviser on its samples, then the truth. What is finished is never run again."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from advisor.cascade import CASCADE, Cascade, confidence, together
from advisor.estimate import applicable, situation_of
from advisor.events import ignore, never
from advisor.files import write_atomically
from advisor.fingerprint import fingerprint
from advisor.measure import INDEX_SECONDS, measure
from advisor.methods import METHODS, method_of
from advisor.recommend import recommend
from advisor.score_sheet import score_sheet
from advisor.workbench import Workbench
from benchmarks.advisorbench.customers import BenchTask, Customer, use_case_of
from benchmarks.advisorbench.progress import Stopwatch, Tell
from benchmarks.advisorbench.scorer import Scorer
from benchmarks.advisorbench.tensors import About, Part, Tensor, load, save
from benchmarks.advisorbench.truth import Truth


@dataclass(frozen=True, slots=True)
class Places:
    """Where things lie."""

    tensors: Path
    work: Path
    """What is under way; a customer's folder goes when its tensor is written."""
    truth: Path

    def kept(self, task: BenchTask, customer: Customer) -> Path:
        """The customer's tensor."""
        return self.tensors / task.name / f"{customer.key}.parquet"


def measure_customer(
    task: BenchTask, customer: Customer, workbench: Workbench, places: Places, tell: Tell
) -> Tensor:
    """The customer's tensor, measured where it is not yet.

    Raises:
        FileExistsError: the tensor that lies there is of another model, task or preset.
        AdvisorError: the adviser cannot measure this customer.

    """
    kept, mark = places.kept(task, customer), _mark(task, workbench)
    if kept.exists():
        return _still_valid(load(kept), mark, kept)
    truth = Truth(task, places.truth / f"{task.name}-{mark[:12]}", workbench)
    home = places.work / f"{task.name}-{mark[:12]}" / customer.key
    tensor = _measured(customer, truth, home, mark, tell)
    save(tensor, kept)
    shutil.rmtree(home)
    return tensor


def _measured(customer: Customer, truth: Truth, home: Path, mark: str, tell: Tell) -> Tensor:
    task, workbench = truth.task, truth.workbench
    case = use_case_of(customer, task.pool)
    advice = home / "recommendation"
    indexing = _index(truth, advice)
    watch = Stopwatch(home / "seconds.json", tell)
    said = recommend(case, workbench, advice, on_event=watch, race=False)
    wall = watch.seconds + indexing
    sheet = score_sheet(case, measure(case, workbench, advice, ignore, never, race=False)[0])
    scorer = Scorer.of(task)
    about = About(
        task=task.name,
        kind=task.kind,
        n=customer.n,
        draw=customer.draw,
        pool=len(task.pool.samples),
        model=case.model,
        preset=case.preset,
        metric=scorer.metric.name,
        labels=scorer.labels,
        margin=case.margin,
        corpus=case.corpus is not None,
        learning=(*(m.name for m in METHODS if m.learns), CASCADE),
        excluded=sheet.excluded,
        verdict=said.verdict,
        recommended=said.recommended,
        wall_seconds=wall,
        fingerprint=mark,
    )
    return Tensor(about, *scorer.samples(sheet), _test(customer, truth, scorer, sheet.cascade, tell))


def _index(truth: Truth, advice: Path) -> float:
    """Index the task's corpus once, and hand it to the adviser with the seconds that it took."""
    if truth.task.pool.corpus is None:
        return 0.0
    noted = truth.folder / INDEX_SECONDS
    if not noted.exists():
        began = time.perf_counter()
        truth.corpus()
        write_atomically(noted, f"{time.perf_counter() - began:.6f}".encode())
    advice.mkdir(parents=True, exist_ok=True)
    write_atomically(advice / INDEX_SECONDS, noted.read_bytes())
    if not (advice / "corpus").exists():
        (advice / "corpus").symlink_to(truth.corpus_folder.resolve())
    return float(noted.read_text())


def _test(
    customer: Customer, truth: Truth, scorer: Scorer, cascade: Cascade | None, tell: Tell
) -> dict[str, Part]:
    """Every method that applies, whether the adviser measured it or not."""
    methods, _ = applicable(situation_of(use_case_of(customer, truth.task.pool)))
    parts = {}
    for method in methods:
        tell(f"{method.name} on the test lines")
        parts[method.name] = scorer.test(truth.task, truth.of(customer, method))
    if cascade:
        parts[CASCADE] = scorer.test(truth.task, _cascaded(customer, truth, cascade))
    return parts


def _cascaded(customer: Customer, truth: Truth, cascade: Cascade) -> pa.Table:
    """What the cascade answers, from what its two methods did."""
    first, second = (truth.of(customer, method_of(name)) for name in (cascade.first, cascade.second))
    asked = confidence(first) < cascade.threshold
    rows = zip(first.to_pylist(), second.to_pylist(), asked, strict=True)
    return pa.Table.from_pylist([together(mine, other, bool(is_asked)) for mine, other, is_asked in rows])


def _still_valid(tensor: Tensor, mark: str, path: Path) -> Tensor:
    if tensor.about.fingerprint != mark:
        raise FileExistsError(f"{path} was measured with another model, task or preset; name another --out")
    return tensor


def _mark(task: BenchTask, workbench: Workbench) -> str:
    """A hash of everything that the measurement depends on."""
    parts = [fingerprint(task.pool, workbench), json.dumps(task.test)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
