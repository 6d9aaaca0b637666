"""How well questions are answered, cited and left unanswered, on corpora with labelled questions.

    python -m benchmarks.answers [--tasks DIR] [--only TASK] [--questions N] [--model NAME] [--json FILE]

Each task is a folder with `corpus.jsonl` and `samples.jsonl`. A quarter as many questions come from the
next task: this corpus holds no answer to them, so to abstain is right. Nothing was calibrated on these tasks.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from retrieval.answers.answering import Answering
from retrieval.answers.records import Wish
from retrieval.embedder import Embedder
from retrieval.evaluation.outcome import ask
from retrieval.evaluation.questions import LabelledQuestion
from retrieval.evaluation.report import report
from retrieval.parents import children
from retrieval.store.records import NewChunk, NewFile
from retrieval.store.store import Store
from service.settings import Settings
from service.wiring import build_catalog, build_embedder, build_reader

TASKS = ("encyclopedia_article_qa", "coronavirus_research_qa")
FOREIGN_SHARE = 4
"""One foreign question for so many of its own."""


def main() -> None:
    """Measure every task that is there."""
    options = _options()
    model = build_catalog(Settings()).open(options.model) if options.model else None
    answering, embedder = Answering(build_reader(), model), build_embedder(Settings())
    wish = Wish("generative" if options.model else "extractive")
    told = {}
    for name in options.only or TASKS:
        if not (options.tasks / name / "corpus.jsonl").is_file():
            print(f"{name}: not in {options.tasks}, skipped")
            continue
        with Store.create(options.indexes / name, embedder) as store:
            if not store.files():
                store.put([_file(row, embedder) for row in _rows(options.tasks / name / "corpus.jsonl")])
            began = time.process_time()
            outcomes = [ask(one, store, answering, wish) for one in _questions(options, name)]
            told[name] = report(outcomes).as_dict() | {"cpu_seconds": round(time.process_time() - began, 1)}
        print(name, json.dumps({k: v for k, v in told[name].items() if k != "curve"}), flush=True)
    if options.json:
        options.json.write_text(json.dumps(told, indent=2) + "\n", "utf-8")


def _questions(options: argparse.Namespace, name: str) -> Iterator[LabelledQuestion]:
    for row in _rows(options.tasks / name / "samples.jsonl")[: options.questions]:
        yield LabelledQuestion(question=row["input"], answers=(row["output"],), files=tuple(row["relevant"]))
    other = TASKS[(TASKS.index(name) + 1) % len(TASKS)]
    for row in _rows(options.tasks / other / "samples.jsonl")[: options.questions // FOREIGN_SHARE]:
        yield LabelledQuestion(question=row["input"], answers=())


def _file(row: dict[str, Any], embedder: Embedder) -> NewFile:
    cut = children(row["text"], row["title"], (), embedder.token_spans)
    chunks = [NewChunk(one.start, one.end, one.title, None, one.parent) for one in cut]
    return NewFile(row["id"], row["title"], row["text"], chunks)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tasks", type=Path, default=Path("../shared/tasks"))
    parser.add_argument("--only", choices=TASKS, action="append")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--indexes", type=Path, default=Path("out/indexes"), help="where indexes are kept")
    parser.add_argument("--model", help="let this language model write instead of the extractive reader")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
