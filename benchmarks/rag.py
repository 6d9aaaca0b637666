"""How well and how fast passages are found: recall, nDCG and documents per second on labelled questions.

    python -m benchmarks.rag [--tasks DIR] [--only TASK] [--without-titles] [--json FILE]

Each task is a folder with `corpus.jsonl` and `samples.jsonl`, whose lines name their `relevant`
documents. Tasks that are not there are skipped.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from retrieval.corpus import Corpus
from retrieval.documents import Document, Hit
from retrieval.sentence_embedder import SentenceEmbedder
from retrieval.store.searching import Mode

TASKS = ("encyclopedia_article_qa", "coronavirus_research_qa", "health_faq_answers")
DEPTH = 100
"""Passages that are asked for, so that ten different documents are among them and fusions see enough."""
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
        report[name] = measure(options.tasks / name, embedder, titled=not options.without_titles)
        _show(name, report[name])
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n", "utf-8")


def measure(folder: Path, embedder: SentenceEmbedder, *, titled: bool) -> dict[str, Any]:
    """Index a task's documents, then ask its questions in every mode."""
    rows = _rows(folder / "corpus.jsonl")
    documents = [Document(row["id"], row["title"] if titled else "", row["text"]) for row in rows]
    truncated, started, worked = embedder.truncated, time.perf_counter(), time.process_time()
    with TemporaryDirectory() as home:
        corpus = Corpus.build(Path(home), documents, embedder)
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - worked
        samples = _rows(folder / "samples.jsonl")
        found = {mode: _search(corpus, samples, mode) for mode in MODES}
        corpus.close()
    rivals = {"rrf": [_reciprocal_ranks(pair) for pair in zip(found["dense"], found["lexical"], strict=True)]}
    return {
        "documents": len(documents),
        "questions": len(samples),
        "documents_per_second": round(len(documents) / seconds, 1),
        "documents_per_cpu_second": round(len(documents) / cpu_seconds, 1),
        "truncated": embedder.truncated - truncated,
        "modes": {way: _quality(hits, samples) for way, hits in (found | rivals).items()},
    }


def _search(corpus: Corpus, samples: Sequence[dict[str, Any]], mode: Mode) -> list[list[Hit]]:
    return corpus.search([s["input"] for s in samples], k=DEPTH, mode=mode)


def _reciprocal_ranks(rankings: Sequence[list[Hit]]) -> list[Hit]:
    """Reciprocal rank fusion with k = 60 (Cormack et al. 2009), the rival of our hybrid."""
    scores: defaultdict[tuple[str, int], float] = defaultdict(float)
    hits = {(hit.document_id, hit.start): hit for hits in rankings for hit in hits}
    for ranking in rankings:
        for rank, hit in enumerate(ranking, 1):
            scores[hit.document_id, hit.start] += 1 / (60 + rank)
    return [hits[key] for key in sorted(scores, key=lambda key: -scores[key])]


def _quality(found: Sequence[list[Hit]], samples: Sequence[dict[str, Any]]) -> dict[str, float]:
    scored = [
        (_documents(hits), set(sample["relevant"])) for hits, sample in zip(found, samples, strict=True)
    ]
    return {
        "recall@1": _mean([_recall(ids[:1], relevant) for ids, relevant in scored]),
        "recall@5": _mean([_recall(ids[:5], relevant) for ids, relevant in scored]),
        "ndcg@10": _mean([_ndcg(ids[:10], relevant) for ids, relevant in scored]),
    }


def _documents(hits: Sequence[Hit]) -> list[str]:
    return list(dict.fromkeys(hit.document_id for hit in hits))


def _recall(ids: Sequence[str], relevant: set[str]) -> float:
    return len(relevant.intersection(ids)) / len(relevant)


def _ndcg(ids: Sequence[str], relevant: set[str]) -> float:
    """Normalised discounted cumulative gain with gains of 0 and 1 (Järvelin & Kekäläinen 2002)."""
    gain = sum(1 / math.log2(rank + 1) for rank, one in enumerate(ids, 1) if one in relevant)
    best = sum(1 / math.log2(rank + 1) for rank in range(1, min(len(relevant), 10) + 1))
    return gain / best


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4)


def _show(name: str, result: dict[str, Any]) -> None:
    print(
        f"{name}: {result['documents']} documents, {result['documents_per_second']}/s"
        f" ({result['documents_per_cpu_second']} per CPU second), {result['truncated']} truncated,"
        f" {result['questions']} questions"
    )
    for mode, numbers in result["modes"].items():
        print(f"  {mode:8}", "  ".join(f"{key} {value}" for key, value in numbers.items()), flush=True)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tasks", type=Path, default=Path("tasks"), help="folder of task folders")
    parser.add_argument("--only", action="append", help="measure this task alone; may be repeated")
    parser.add_argument("--without-titles", action="store_true", help="leave titles out of the passages")
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
