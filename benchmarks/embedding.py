"""How fast texts become vectors, ours against txtai, LlamaIndex and Haystack, and what our fast path loses.

    python -m benchmarks.embedding --json FILE [--tasks DIR] [--texts 96] [--documents 240] [--without-peers]

All read the same texts with the same model, 256 word pieces at most and as many threads, each in a process of
its own; the peers, with their defaults, in virtual environments under build/peers, which the first run makes.
Seconds of the processor are shown beside those of the clock, for a machine that others use too.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from benchmarks.embedding_peers import timed
from benchmarks.peers import PACKAGES, answer, ask, environment
from benchmarks.rag import TASKS, Rows, read, selected
from retrieval.embedder import Vectors
from retrieval.sentence_embedder import MAX_TOKENS, SentenceEmbedder
from retrieval.store.fusion import ndcg

console = Console(stderr=True)

OURS = {"ours": None, "ours, float32": "float32"}
ROUNDS = 2
PRODUCTS = ((384, 1152), (384, 384), (384, 1536), (1536, 384))
"""Widths of a layer's products; the encoder has six layers of them."""
LAYERS, ROWS, TRIES = 6, 1024, 10


def main() -> None:
    """Measure speed, the products alone and quality; print and write them."""
    given = _options()
    if given.child:
        _child()
        return
    corpora = {name: read(given.tasks / name / "corpus.jsonl") for name in TASKS}
    texts = [_text(row) for rows in corpora.values() for row in _spread(rows, given.texts // len(TASKS))]
    lengths = [min(len(spans) + 2, MAX_TOKENS) for spans in SentenceEmbedder().token_spans(texts)]
    own = [sys.executable, "-m", "benchmarks.embedding", "--child"]
    alone = ask(own, {"do": "products", "threads": given.threads}, given.threads)
    rows = speed(texts, own, given)
    for row in rows:
        row["tokens_per_second"] = round(sum(lengths) / row.pop("seconds"))
        row["tokens_per_cpu_second"] = round(sum(lengths) / row.pop("cpu_seconds"))
    best = max(alone["gflops"].values())
    ours = rows[0]["tokens_per_cpu_second"]
    peers = [row["tokens_per_cpu_second"] for row in rows if row["name"] in PACKAGES]
    report = {
        "processor": alone["processor"],
        "threads": given.threads,
        "load": os.getloadavg()[0],
        "texts": len(texts),
        "tokens": sum(lengths),
        "path": alone["path"],
        "gflops": alone["gflops"],
        "share_of_products": round(ours * _work(lengths) / 1e9 / best, 3),
        "speed": rows,
        "times_the_fastest_peer": round(ours / max(peers), 2) if peers else None,
        "quality": [quality(given.tasks / name, given.documents, given.questions) for name in TASKS],
    }
    console.print(report)
    if given.json:
        given.json.write_text(json.dumps(report, indent=2) + "\n", "utf-8")


def speed(texts: list[str], own: list[str], given: argparse.Namespace) -> list[dict[str, Any]]:
    """The best round of every contender, and how near its first vectors are to ours in float32."""
    contenders = {name: (own, {"do": "embed", "precision": how}) for name, how in OURS.items()}
    if not given.without_peers:
        script = str(Path(__file__).with_name("embedding_peers.py"))
        contenders |= {peer: ([environment(peer), script], {"peer": peer}) for peer in PACKAGES}
    told: dict[str, list[dict[str, Any]]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, (command, task) in contenders.items():
            told[name].append(ask(command, {**task, "texts": texts}, given.threads))
            console.print(f"{name}: {told[name][-1]['cpu_seconds']:.1f} CPU seconds")
    exact = np.array(told["ours, float32"][0]["first"])
    return [
        {
            "name": name,
            "seconds": min(one["seconds"] for one in rounds),
            "cpu_seconds": min(one["cpu_seconds"] for one in rounds),
            "least_cosine": round(float((_unit(rounds[0]["first"]) * exact).sum(axis=1).min()), 5),
        }
        for name, rounds in told.items()
    ]


def quality(folder: Path, documents: int, questions: int) -> dict[str, Any]:
    """nDCG@10 of whole documents: in float32, on the fast path, and with one of each."""
    some, asked = selected(folder, documents, questions)
    full, fast = SentenceEmbedder("float32"), SentenceEmbedder()
    texts, ids = [_text(row) for row in some], [row["id"] for row in some]
    wishes = [row["input"] for row in asked]

    def mean(of_questions: Vectors, of_documents: Vectors) -> float:
        order = np.argsort(-(of_questions @ of_documents.T), axis=1, kind="stable")[:, :10]
        ranked = [[ids[i] for i in row] for row in order]
        scores = [ndcg(r, frozenset(row["relevant"])) for r, row in zip(ranked, asked, strict=True)]
        return round(float(np.mean(scores)), 4)

    exact, near = ((e.embed(wishes), e.embed(texts)) for e in (full, fast))
    return {
        "task": folder.name,
        "documents": len(some),
        "questions": len(asked),
        "float32": mean(*exact),
        "fast": mean(*near),
        "fast questions, float32 documents": mean(near[0], exact[1]),
    }


def products() -> dict[str, Any]:
    """Billions of operations a CPU second of the encoder's products alone, and the path taken here."""
    import torch

    def seconds(kind: torch.dtype, inner: int, outer: int) -> float:
        left, right = torch.ones(ROWS, inner, dtype=kind), torch.ones(outer, inner, dtype=kind)
        found = []
        for _ in range(TRIES):
            began = time.process_time()
            torch.nn.functional.linear(left, right)
            found.append(time.process_time() - began)
        return min(found)

    work = sum(2 * ROWS * inner * outer for inner, outer in PRODUCTS)
    with torch.inference_mode():
        gflops = {
            name: round(work / 1e9 / sum(seconds(getattr(torch, name), *shape) for shape in PRODUCTS), 1)
            for name in ("float32", "bfloat16")
        }
    processor = str(torch.cpu.get_capabilities().get("cpu_name", "unknown"))
    return {"processor": processor, "gflops": gflops, "path": SentenceEmbedder().precision}


def _child() -> None:
    task, told = answer()
    if task["do"] == "products":
        found = products()
    else:
        embedder = SentenceEmbedder(task["precision"])
        embedder.embed(["load the model"])
        found = timed(embedder.embed, task["texts"])
    told.write_text(json.dumps(found), "utf-8")


def _work(lengths: Sequence[int]) -> float:
    """Operations of a token: the layers' products, and its own with all tokens of its text."""
    widths = sum(2 * inner * outer for inner, outer in PRODUCTS)
    seen = sum(length**2 for length in lengths) / sum(lengths)
    return LAYERS * (widths + 4 * 384 * seen)


def _unit(vectors: Sequence[Sequence[float]]) -> Any:
    made = np.array(vectors)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def _text(row: dict[str, Any]) -> str:
    return f"{row['title']}\n{row['text']}"


def _spread(rows: Rows, count: int) -> Rows:
    return rows[:: max(1, len(rows) // count)][:count]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    number = partial(parser.add_argument, type=int)
    parser.add_argument("--tasks", type=Path, default=Path("tasks"), help="folder of task folders")
    number("--texts", default=96, help="texts to embed for speed")
    number("--documents", default=240, help="documents of a task to rank for quality")
    number("--questions", default=100, help="questions of a task to rank them for")
    number("--threads", default=min(2, len(os.sched_getaffinity(0))))
    parser.add_argument("--without-peers", action="store_true", help="measure ours alone")
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    parser.add_argument("--child", nargs=2, metavar=("GIVEN", "TOLD"), help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
