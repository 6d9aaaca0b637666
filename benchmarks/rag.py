"""How well and how fast passages are found: recall, nDCG and documents per second on labelled questions.

    python -m benchmarks.rag --json FILE [--tasks DIR] [--only TASK] [--documents N] [--questions N]
        [--threads N] [--without-peers] [--without-titles]

Each task is a folder with `corpus.jsonl` and `samples.jsonl`, whose lines name their `relevant`
documents. Tasks that are not there are skipped. The peers are txtai, LlamaIndex and Haystack with their own
defaults, in virtual environments under build/peers, which the first run makes.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.peers import PACKAGES, ask, environment
from retrieval.corpus import Corpus
from retrieval.documents import Document, Hit
from retrieval.embedder import Embedder
from retrieval.evaluation.rankings import recall_at
from retrieval.sentence_embedder import SentenceEmbedder
from retrieval.store.fusion import ndcg
from retrieval.store.searching import Mode

TASKS = ("encyclopedia_article_qa", "coronavirus_research_qa", "health_faq_answers")
DEPTH = 100
"""Passages that are asked for, so that ten different documents are among them and fusions see enough."""
Rows = list[dict[str, Any]]
MODES: tuple[Mode, ...] = ("hybrid", "dense", "lexical")


def main() -> None:
    """Measure every task that is there, and print one line for each way to search."""
    options = _options()
    embedder = SentenceEmbedder()
    embedder.embed(["load the model"])
    report = {}
    for name in options.only or TASKS:
        if not (options.tasks / name / "corpus.jsonl").is_file():
            print(f"{name}: not in {options.tasks}, skipped")
            continue
        rows, samples = selected(options.tasks / name, options.documents, options.questions)
        truncated = embedder.truncated
        found = {"ours": measure(rows, samples, embedder, titled=not options.without_titles)}
        found["ours"]["truncated"] = embedder.truncated - truncated
        for peer in () if options.without_peers else PACKAGES:
            found[peer] = measure_peer(peer, rows, samples, options.threads)
        report[name] = {"documents": len(rows), "questions": len(samples), **found}
        _show(name, report[name])
    if options.json:
        made = {"threads": options.threads, "load": os.getloadavg()[0], "tasks": report}
        options.json.write_text(json.dumps(made, indent=2) + "\n", "utf-8")


def selected(folder: Path, documents: int | None, questions: int | None) -> tuple[Rows, Rows]:
    """So many of a task's documents, those that its first questions ask for before others, and these."""
    samples = read(folder / "samples.jsonl")[:questions]
    sought = {one for sample in samples for one in sample["relevant"]}
    rows = sorted(read(folder / "corpus.jsonl"), key=lambda row: row["id"] not in sought)[:documents]
    kept = {row["id"] for row in rows}
    return rows, [sample for sample in samples if kept.issuperset(sample["relevant"])]


def measure(rows: Rows, samples: Rows, embedder: Embedder, *, titled: bool) -> dict[str, Any]:
    """Index the documents, then ask the questions in every mode."""
    documents = [Document(row["id"], row["title"] if titled else "", row["text"]) for row in rows]
    started, worked = time.perf_counter(), time.process_time()
    with TemporaryDirectory() as home:
        corpus = Corpus.build(Path(home), documents, embedder)
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - worked
        found = {mode: _search(corpus, samples, mode) for mode in MODES}
        corpus.close()
    found["rrf"] = [_reciprocal_ranks(pair) for pair in zip(found["dense"], found["lexical"], strict=True)]
    ranked = {mode: [_documents(hits) for hits in of_mode] for mode, of_mode in found.items()}
    told = {"seconds": seconds, "cpu_seconds": cpu_seconds, "found": ranked}
    return _figures(told, len(rows), samples)


def measure_peer(peer: str, rows: Rows, samples: Rows, threads: int) -> dict[str, Any]:
    """The same by a peer, which gets each title on a line of its own before the text."""
    script = str(Path(__file__).with_name("rag_peers.py"))
    task = {
        "peer": peer,
        "documents": [[row["id"], f"{row['title']}\n{row['text']}"] for row in rows],
        "questions": [sample["input"] for sample in samples],
    }
    return _figures(ask([environment(peer), script], task, threads), len(rows), samples)


def _figures(told: dict[str, Any], documents: int, samples: Rows) -> dict[str, Any]:
    return {
        "documents_per_second": round(documents / told["seconds"], 1),
        "documents_per_cpu_second": round(documents / told["cpu_seconds"], 1),
        "modes": {mode: _quality(ranked, samples) for mode, ranked in told["found"].items()},
    }


def _search(corpus: Corpus, samples: Rows, mode: Mode) -> list[list[Hit]]:
    return corpus.search([s["input"] for s in samples], k=DEPTH, mode=mode)


def _reciprocal_ranks(rankings: Sequence[list[Hit]]) -> list[Hit]:
    """Reciprocal rank fusion with k = 60 (Cormack et al. 2009), the rival of our hybrid."""
    scores: defaultdict[tuple[str, int], float] = defaultdict(float)
    hits = {(hit.document_id, hit.start): hit for hits in rankings for hit in hits}
    for ranking in rankings:
        for rank, hit in enumerate(ranking, 1):
            scores[hit.document_id, hit.start] += 1 / (60 + rank)
    return [hits[key] for key in sorted(scores, key=lambda key: -scores[key])]


def _quality(ranked: Sequence[list[str]], samples: Rows) -> dict[str, float]:
    scored = [(ids, frozenset(sample["relevant"])) for ids, sample in zip(ranked, samples, strict=True)]
    return {
        "recall@1": _mean([recall_at(ids, relevant, 1) for ids, relevant in scored]),
        "recall@5": _mean([recall_at(ids, relevant, 5) for ids, relevant in scored]),
        "ndcg@10": _mean([ndcg(ids, relevant) for ids, relevant in scored]),
    }


def _documents(hits: Sequence[Hit]) -> list[str]:
    return list(dict.fromkeys(hit.document_id for hit in hits))


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4)


def _show(name: str, result: dict[str, Any]) -> None:
    print(f"{name}: {result['documents']} documents, {result['questions']} questions")
    for who in ("ours", *PACKAGES):
        if who not in result:
            continue
        one = result[who]
        print(f"  {who}: {one['documents_per_second']}/s, {one['documents_per_cpu_second']} per CPU second")
        for mode, numbers in one["modes"].items():
            print(f"    {mode:8}", "  ".join(f"{key} {value}" for key, value in numbers.items()), flush=True)


def read(path: Path) -> Rows:
    """The objects of a file with one a line."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tasks", type=Path, default=Path("tasks"), help="folder of task folders")
    parser.add_argument("--only", action="append", help="measure this task alone; may be repeated")
    parser.add_argument("--documents", type=int, help="of a task; all of them where this is not given")
    parser.add_argument("--questions", type=int, help="of a task; all of them where this is not given")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1), help="of each peer")
    parser.add_argument("--without-peers", action="store_true", help="measure ours alone")
    parser.add_argument("--without-titles", action="store_true", help="leave titles out of the passages")
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
