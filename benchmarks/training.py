"""Our training against plain Trainer + PEFT and TRL's SFTTrainer + PEFT: first equal losses, then speed.

python -m benchmarks.training --json F [--base FOLDER | llama-135m] [--rows 320] [--epochs 1] [--task DIR]

A fifth of the rows is held out: every contender tells its loss on them several times, outside of its clock,
and the table when it reached the lowest loss that all reach. The base llama-135m is made here, by dice.
The peers run in a Python of their own (--peers, default build/peers/bin/python), made by
    python -m venv build/peers && build/peers/bin/pip install torch==2.13.0 transformers peft trl
Every contender is a process of its own and gets the same base, rows, masks, first LoRA weights, rate and
epochs. Seconds of the processor are shown beside those of the clock, for a machine that others use too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console

from benchmarks.training_machine import MADE, make_base, matmul_rate, needed_flops
from finetune import batches
from finetune.activations import Activations
from finetune.dataset import TrainingExample, encode
from finetune.job import own_lengths
from finetune.learner import Learner
from finetune.lora import LoraModel
from finetune.recipe import Recipe
from finetune.rows import EncodedExample
from finetune.weights import seeded
from generation.catalog import POCKET
from generation.checkpoint import context_window, load_tokenizer
from generation.messages import Message
from generation.prompts import render

console = Console(stderr=True)

BATCH = 8
RATE = 1e-3
PARITY_STEPS = 16
PARITY_RATE = 2e-4
"""Adam's first step is the sign of the gradient, so rounding is felt in proportion to the rate."""
TOLERANCE = 1e-5
LOOKS = 8
"""At the held-out rows, in a run."""
FP32 = {"bf16": False, "gradient_checkpointing": False}
IN_ORDER = {"train_sampling_strategy": "sequential"}
GROUPED = {"train_sampling_strategy": "group_by_length"}
PEERS: dict[str, tuple[str, dict[str, Any]]] = {
    "Trainer + PEFT": ("trainer", {"bf16": False}),
    "TRL, defaults": ("trl", {}),
    "TRL, tuned": ("trl", {**FP32, **GROUPED}),
    "TRL, tuned, bf16": ("trl", {**FP32, **GROUPED, "bf16": True}),
}
EXACT: dict[str, tuple[str, dict[str, Any]]] = {
    "Trainer + PEFT": ("trainer", {"bf16": False, **IN_ORDER}),
    "TRL": ("trl", {**FP32, **IN_ORDER}),
}
TOP_LAYERS, TRIALS, TRIAL_EPOCHS = 2, 3, 4
OURS: dict[str, dict[str, Any]] = {
    "ours, same batches": {"buckets": False},
    "ours": {"buckets": True},
    "ours, bfloat16": {"buckets": True, "precision": "bfloat16"},
}


def made_rows(count: int) -> list[TrainingExample]:
    """Requests of many lengths, whose first word gives the label; made by dice with a fixed seed."""
    dice = Random(0)
    words = ("order", "refund", "printer", "invoice", "broken", "where", "please", "account", "the", "my")
    labels = ("billing", "delivery", "hardware", "access")
    texts = [dice.choices(words, k=dice.randint(5, 60)) for _ in range(count)]
    return [
        TrainingExample(
            (
                *render("Which team?", " ".join(text), labels=labels),
                Message("assistant", labels[words.index(text[0]) % len(labels)]),
            )
        )
        for text in texts
    ]


def task_rows(folder: Path, count: int) -> list[TrainingExample]:
    """The samples of a use case."""
    task = json.loads((folder / "task.json").read_text("utf-8"))
    lines = (folder / "samples.jsonl").read_text("utf-8").splitlines()[:count]
    samples = [json.loads(line) for line in lines]
    labels = task.get("labels") or ()
    return [
        TrainingExample(
            (*render(task["description"], s["input"], labels=labels), Message("assistant", str(s["output"])))
        )
        for s in samples
    ]


def ours(task: dict[str, Any]) -> dict[str, Any]:
    """Our learner on the task, in the given batches or in those of our own plan."""
    rows = [EncodedExample(ids, mask) for ids, mask in task["rows"]]
    learner = Learner(Path(task["base"]), Recipe(precision=task["settings"].get("precision", "float32")))
    steps = _own_steps(rows, task) if task["settings"]["buckets"] else _given_steps(rows, task)
    aside = [EncodedExample(ids, mask) for ids, mask in task["aside"]]
    held_out = [aside[at : at + BATCH] for at in range(0, len(aside), BATCH)]
    losses, curve, seconds, cpu = [], [], 0.0, 0.0
    for step in steps:
        began, worked = time.perf_counter(), time.process_time()
        losses.append(learner.weights.step(step, task["rate"]).loss)
        seconds, cpu = seconds + time.perf_counter() - began, cpu + time.process_time() - worked
        if held_out and len(losses) % max(1, len(steps) // task["looks"]) == 0:
            curve.append((seconds, learner.weights.fit(held_out).loss))
    return {
        "losses": losses,
        "curve": curve,
        "seconds": seconds,
        "cpu_seconds": cpu,
        "peak_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }


def trials(task: dict[str, Any]) -> dict[str, Any]:
    """Trainings of the top layers in our own batches: processor seconds of each, with one memory or none."""
    rows = [EncodedExample(ids, mask) for ids, mask in task["rows"]]
    store, seconds = Activations(), []
    for seed in range(TRIALS):
        learner = Learner(Path(task["base"]), Recipe(layers=TOP_LAYERS, seed=seed))
        steps = _own_steps(rows, task)
        began = time.process_time()
        if task["settings"]["remember"] and not learner.remember(store):
            raise SystemExit("This base's lower layers cannot be computed once.")
        for step in steps:
            learner.weights.step(step, task["rate"])
        seconds.append(time.process_time() - began)
    return {"cpu_seconds": seconds}


def _given_steps(
    rows: Sequence[EncodedExample], task: dict[str, Any]
) -> list[list[Sequence[EncodedExample]]]:
    once = [[rows[at : at + BATCH]] for at in range(0, len(rows), BATCH)]
    steps = once * int(task["epochs"])
    return steps[: int(task["steps"])] if task["steps"] > 0 else steps


def _own_steps(rows: Sequence[EncodedExample], task: dict[str, Any]) -> list[list[Sequence[EncodedExample]]]:
    """As many rows in a step, on average, as the others have."""
    lengths = own_lengths(rows)
    recipe = Recipe(epochs=task["epochs"], batch_tokens=BATCH * sum(lengths) // len(lengths))
    return [[[rows[i] for i in b] for b in step.batches] for step in batches.plan(lengths, recipe)]


CHILDREN = {"ours": ours, "trials": trials}


def contend(kind: str, task: dict[str, Any], python: str, folder: Path) -> dict[str, Any]:
    """One contender in a process of its own."""
    given, told = folder / "task.json", folder / "told.json"
    given.write_text(json.dumps({**task, "kind": kind}), "utf-8")
    peer = [python, str(Path(__file__).with_name("training_peers.py"))]
    own = [sys.executable, "-m", "benchmarks.training", "--child"]
    done = subprocess.run(
        [*(own if kind in CHILDREN else peer), str(given), str(told)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"{kind} failed:\n{done.stderr[-2000:]}")
    return dict(json.loads(told.read_text("utf-8")))


def parity(task: dict[str, Any], python: str, folder: Path) -> dict[str, float]:
    """The largest difference of a step's loss between ours and each peer, on the same batches in float32."""
    steps = min(PARITY_STEPS, -(-len(task["rows"]) // BATCH))
    few = {**task, "epochs": PARITY_STEPS, "steps": steps, "rate": PARITY_RATE, "aside": []}
    mine = contend("ours", {**few, "settings": {"buckets": False}}, python, folder)["losses"]
    found = {}
    for name, (kind, settings) in EXACT.items():
        losses = contend(kind, {**few, "settings": settings}, python, folder)["losses"]
        found[name] = max(abs(a - b) for a, b in zip(mine, losses, strict=True))
        console.print(f"{name}: losses of {len(mine)} steps differ by at most {found[name]:.2e}")
    return found


def speed(task: dict[str, Any], python: str, folder: Path) -> list[dict[str, Any]]:
    """Every contender over all epochs."""
    labels = task["epochs"] * sum(sum(mask) for _, mask in task["rows"])
    contenders = {name: ("ours", settings) for name, settings in OURS.items()} | PEERS
    found = {}
    for name, (kind, settings) in contenders.items():
        found[name] = contend(kind, {**task, "settings": settings}, python, folder)
        console.print(name, f"{found[name]['seconds']:.1f} s", found[name]["curve"])
    level = max(min(loss for _, loss in told["curve"]) for told in found.values())
    return [
        {
            "name": name,
            "steps": len(told["losses"]),
            "labels_per_second": labels / told["seconds"],
            "labels_per_cpu_second": labels / told["cpu_seconds"],
            "share_of_matmul_rate": task["flops"] / told["seconds"] / task["matmul_rate"],
            "level": level,
            "seconds_to_level": next(seconds for seconds, loss in told["curve"] if loss <= level),
            "peak_mib": told["peak_bytes"] / 2**20,
        }
        for name, told in found.items()
    ]


def repeated(task: dict[str, Any], python: str, folder: Path) -> dict[str, list[float]]:
    """Processor seconds of repeated trainings of the top layers, computing the lower ones always or once."""
    found = {}
    for name, remember in (("always", False), ("once", True)):
        told = contend("trials", {**task, "settings": {"remember": remember}}, python, folder)
        found[name] = told["cpu_seconds"]
    console.print("lower layers computed", found)
    return found


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The contenders as Markdown."""
    lines = [
        "| | steps | labelled tokens/s | per CPU second | share of the matrix rate "
        f"| s to held-out loss {rows[0]['level']:.3f} | peak MiB |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*lines, *map(_line, rows)])


def _line(row: dict[str, Any]) -> str:
    return (
        f"| {row['name']} | {row['steps']} | {row['labels_per_second']:.1f} "
        f"| {row['labels_per_cpu_second']:.1f} | {row['share_of_matmul_rate']:.0%} "
        f"| {row['seconds_to_level']:.1f} | {row['peak_mib']:.0f} |"
    )


def prepare(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """The task that all contenders get: rows as tokens, and an adapter with its first weights."""
    base = Path(given.base).resolve()
    if given.base == MADE:
        base = make_base(load_tokenizer(POCKET), folder / MADE)
    tokenizer = load_tokenizer(base)
    with seeded(Recipe().seed):
        lora = LoraModel(base, tokenizer, Recipe(), None)
    lora.save(folder / "adapter")
    examples = task_rows(given.task, given.rows) if given.task else made_rows(given.rows)
    rows: list[EncodedExample] = encode(examples, tokenizer, context_window(base, tokenizer))
    Random(1).shuffle(rows)
    rows, aside = rows[len(rows) // 5 :], rows[: len(rows) // 5]
    tokens = BATCH * sum(own_lengths(rows)) // len(rows)
    return {
        "base": str(base),
        "adapter": str(folder / "adapter"),
        "rows": [list(asdict(row).values()) for row in rows],
        "aside": [list(asdict(row).values()) for row in aside],
        "looks": LOOKS,
        "flops": given.epochs * needed_flops(lora.model, rows, BATCH),
        "matmul_rate": matmul_rate(lora.model, tokens),
        "batch": BATCH,
        "epochs": given.epochs,
        "steps": -1,
        "rate": RATE,
    }


def main() -> None:
    """Read the command line and measure."""
    if sys.argv[1:2] == ["--child"]:
        task = json.loads(Path(sys.argv[2]).read_text("utf-8"))
        told = CHILDREN[task["kind"]](task)
        Path(sys.argv[3]).write_text(json.dumps(told), "utf-8")
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--base", default=str(POCKET), help=f"a model folder, or {MADE}")
    parser.add_argument("--task", type=Path, help="a use case folder; rows are made up without one")
    parser.add_argument("--rows", type=int, default=320)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--peers", default="build/peers/bin/python")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        task = prepare(given, folder)
        differences = parity(task, given.peers, folder)
        if max(differences.values()) > TOLERANCE:
            raise SystemExit(f"The losses differ by more than {TOLERANCE}: {differences}")
        rows = speed(task, given.peers, folder)
        # A step of the made base takes seconds, and this compares ours with ours alone.
        again: dict[str, list[float]] = {}
        if given.base != MADE:
            again = repeated({**task, "epochs": TRIAL_EPOCHS}, given.peers, folder)
    threads = os.environ.get("OMP_NUM_THREADS", str(os.cpu_count()))
    found = {
        "machine": f"{platform.machine()}, {threads} threads",
        "rows": len(task["rows"]),
        "matmul_gflops_per_second": task["matmul_rate"] / 1e9,
        "parity": differences,
        "contenders": rows,
        "repeated_trials": again,
    }
    given.json.write_text(json.dumps(found, indent=1), "utf-8")
    print(table(rows))


if __name__ == "__main__":
    main()
