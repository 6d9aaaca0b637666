"""How to learn labels from few samples: accuracy and seconds of our ways, and of two that others use.

    python -m benchmarks.adaptation --tasks ../shared/tasks --json FILE
        [--only TASK ...] [--samples 8 32 128] [--test 200] [--peer-samples 8 32 128] [--peers PYTHON]

Ours are a head on the frozen encoder, encoder LoRA, and LoRA on Pocket; the others are scikit-learn's
logistic regression on the same encoder's vectors, and SetFit with its defaults, in a Python of its own:

    python -m venv build/setfit && build/setfit/bin/pip install torch==2.13.0 setfit "transformers<5"

Goes on where FILE ends. Prints a Markdown table; seconds are CPU seconds of one thread in the training.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import torch
from sklearn.linear_model import LogisticRegression

from finetune.data.rows import LabelRow
from finetune.dataset import TrainingExample
from finetune.encoders.serving import Labeller
from finetune.encoders.training import train_encoder, train_head
from finetune.recipe import Recipe
from finetune.training import train_adapter
from generation.catalog import POCKET
from generation.language_model import Request
from generation.messages import Conversation, Message
from generation.prompts import render
from generation.transformers_model import TransformersModel
from retrieval.sentence_embedder import SentenceEmbedder, model_folder

TASKS = (
    "product_review_sentiment",
    "assistant_queue_codes",
    "comment_emotion",
    "sms_spam_filter",
    "caption_entailment",
    "bank_customer_intent",
)
PEERS = Path("build/setfit/bin/python")
SETFIT = "SetFit"
BLOCK = 32

Answers = Callable[[Sequence[str]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Case:
    """A task with few of its samples."""

    description: str
    names: tuple[str, ...]
    learned: list[dict[str, str]]
    asked: list[dict[str, str]]


def head(case: Case, out: Path) -> Answers:
    """Our linear head on the frozen encoder."""
    train_head(model_folder(), _rows(case), out)
    return Labeller(out, model_folder()).predict


def encoder_lora(case: Case, out: Path) -> Answers:
    """Our adapter in the encoder below the head."""
    train_encoder(model_folder(), _rows(case), out)
    return Labeller(out, model_folder()).predict


def pocket_lora(case: Case, out: Path) -> Answers:
    """Our adapter on the language model in the box, which then chooses among the labels."""
    rows = [
        TrainingExample((*_prompt(case, row["input"]), Message("assistant", row["output"])))
        for row in case.learned
    ]
    train_adapter(POCKET, rows, Recipe.for_size(len(rows)), out)
    model = TransformersModel("pocket", POCKET, adapter=out)

    def answer(texts: Sequence[str]) -> list[str]:
        requests = [Request(_prompt(case, text), max_tokens=64, choices=case.names) for text in texts]
        return [said.text for said in model.generate(requests)]

    return answer


def regression(case: Case, _: Path) -> Answers:
    """scikit-learn's logistic regression on the vectors of the product's embedder."""
    embedder = SentenceEmbedder()
    vectors = embedder.embed([row["input"] for row in case.learned])
    fitted = LogisticRegression(max_iter=1000).fit(vectors, [row["output"] for row in case.learned])
    return lambda texts: [str(label) for label in fitted.predict(embedder.embed(texts))]


OURS: dict[str, Callable[[Case, Path], Answers]] = {
    "embedding + logistic regression": regression,
    "head": head,
    "encoder LoRA": encoder_lora,
    "Pocket LoRA": pocket_lora,
}


def main() -> None:
    """Measure what is not in the file yet, and print the table."""
    given = _options()
    report = json.loads(given.json.read_text("utf-8")) if given.json.exists() else {}
    torch.set_num_threads(1)
    for n, name in ((n, name) for n in given.samples for name in given.only):
        case = draw(given.tasks / name, n, given.test)
        for way in given.ways:
            if way in OURS and f"{name}/{n}/{way}" not in report:
                report[f"{name}/{n}/{way}"] = measure(case, OURS[way])
                given.json.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    if SETFIT in given.ways:
        measure_peer(given, report)
    print(table(report))


def measure(case: Case, learn: Callable[[Case, Path], Answers]) -> dict[str, float]:
    """Accuracy on the test lines, and the seconds of the training."""
    with tempfile.TemporaryDirectory() as folder:
        began, worked = time.perf_counter(), time.process_time()
        answer = learn(case, Path(folder) / "made")
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - worked
        said = [label for part in _blocks(case.asked) for label in answer(part)]
    right = sum(a == row["output"] for a, row in zip(said, case.asked, strict=True))
    return {"accuracy": right / len(said), "seconds": seconds, "cpu_seconds": cpu_seconds}


def measure_peer(given: argparse.Namespace, report: dict[str, Any]) -> None:
    """Let SetFit do the jobs that are not in the report yet, one after the other in one process."""
    if not given.peers.exists():
        print(f"{SETFIT} is left out: there is no {given.peers}; the help says how to make it.")
        return
    jobs = [
        _job(draw(given.tasks / name, n, given.test), f"{name}/{n}/{SETFIT}")
        for n in given.peer_samples
        for name in given.only
        if f"{name}/{n}/{SETFIT}" not in report
    ]
    with tempfile.TemporaryDirectory() as folder:
        asked, done = Path(folder) / "jobs.json", Path(folder) / "done.json"
        asked.write_text(json.dumps(jobs), "utf-8")
        script = Path(__file__).with_name("adaptation_peers.py")
        with subprocess.Popen([given.peers, script, asked, done]) as peer:
            while peer.poll() is None:
                time.sleep(1)
                if done.exists():
                    report.update(json.loads(done.read_text("utf-8")))
                    given.json.write_text(json.dumps(report, indent=1) + "\n", "utf-8")


def draw(folder: Path, n: int, test: int) -> Case:
    """A few samples, of each label in turn, and a part of the test lines; the same at every call."""
    told = json.loads((folder / "task.json").read_text("utf-8"))
    samples, asked = (_lines(folder / name) for name in ("samples.jsonl", "test.jsonl"))
    Random(0).shuffle(samples)
    Random(0).shuffle(asked)
    groups = defaultdict[str, list[dict[str, str]]](list)
    for row in samples:
        groups[row["output"]].append(row)
    most = max(map(len, groups.values()))
    turns = [group[i] for i in range(most) for group in groups.values() if i < len(group)]
    return Case(told["description"], tuple(told["labels"]), turns[:n], asked[:test])


def table(report: dict[str, Any]) -> str:
    """Accuracy and CPU seconds of each way, as Markdown; the last rows are means over tasks that all did."""
    parts = {tuple(key.split("/")): found for key, found in report.items()}
    ways = [way for way in (*OURS, SETFIT) if any(key[2] == way for key in parts)]
    lines = [f"| samples | task | {' | '.join(ways)} |", "| --- " * (2 + len(ways)) + "|"]
    for n in sorted({key[1] for key in parts}, key=int):
        tasks = [name for name in TASKS if any(key[:2] == (name, n) for key in parts)]
        lines += [
            _line(n, name, [[parts[name, n, way]] if (name, n, way) in parts else [] for way in ways])
            for name in tasks
        ]
        whole = [name for name in tasks if all((name, n, way) in parts for way in ways)]
        if whole:
            lines.append(
                _line(n, f"mean of {len(whole)}", [[parts[t, n, way] for t in whole] for way in ways])
            )
    return "\n".join(lines)


def _line(n: str, name: str, found: Sequence[Sequence[dict[str, float]]]) -> str:
    cells = [
        f"{100 * _mean(f, 'accuracy'):.1f} % / {_mean(f, 'cpu_seconds'):.1f} s" if f else "-" for f in found
    ]
    return f"| {n} | {name} | {' | '.join(cells)} |"


def _mean(found: Sequence[dict[str, float]], name: str) -> float:
    return sum(one[name] for one in found) / len(found)


def _job(case: Case, key: str) -> dict[str, Any]:
    return {
        "key": key,
        "base": str(model_folder()),
        "names": sorted({row["output"] for row in case.learned}),
        "texts": [row["input"] for row in case.learned],
        "labels": [row["output"] for row in case.learned],
        "asked": [row["input"] for row in case.asked],
        "wanted": [row["output"] for row in case.asked],
    }


def _rows(case: Case) -> list[LabelRow]:
    return [LabelRow(line, row["input"], row["output"]) for line, row in enumerate(case.learned, start=1)]


def _prompt(case: Case, text: str) -> Conversation:
    return render(case.description, text, labels=case.names)


def _blocks(rows: Sequence[dict[str, str]]) -> Iterator[list[str]]:
    texts = [row["input"] for row in rows]
    return (texts[at : at + BLOCK] for at in range(0, len(texts), BLOCK))


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", type=Path, default=Path("../shared/tasks"))
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--only", nargs="+", default=TASKS)
    parser.add_argument("--samples", nargs="+", type=int, default=[8, 32, 128])
    parser.add_argument("--peer-samples", nargs="+", type=int, default=[8, 32, 128])
    parser.add_argument("--ways", nargs="+", default=[*OURS, SETFIT], choices=[*OURS, SETFIT])
    parser.add_argument("--test", type=int, default=200, help="test lines that are answered")
    parser.add_argument("--peers", type=Path, default=PEERS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
